function mpc = bad_case
mpc.version = '2';
mpc.baseMVA = 100;
mpc.bus = [
 1 3 0 0 0 0 1 1 0 230 1 1.1 0.9;
 1 1 50 0 0 0 1 1 0 230 1 1.1 0.9;
];
mpc.gen = [
 7 0 0 0 0 1 100 1 200 300;
];
mpc.branch = [
 1 1 0 0 0 0 0 0 0 0 1 -360 360;
];
mpc.gencost = [
 2 0 0 2 50 0;
];
