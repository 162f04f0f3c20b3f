"""Trace formats: what every plug-in must do, and each format by a small file of its own."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from plugin_options import played
from suandian.model.issues import InputError
from suandian.plugins.traces.recorded import MAX_SHOWN, SCHEMA
from suandian.reading.registry import plugins
from suandian.reading.resolve.traces import read_trace, recognised

SWF = """\
; Version: 2.2
; UnixStartTime: 1041379200

1 0 5 3600 4 -1 -1 4 7200 -1 1 1 1 1 2 -1 -1 -1
  2 10 5 0 4 -1 -1 4 7200 -1 5 1 1 1 2 -1 -1 -1
3 20.7 5 90 -1 -1 -1 8 7200 -1 1 1 1 1 3 -1 -1 -1
"""
SACCT = """\
JobID|Partition|Submit|ElapsedRaw|AllocCPUS|State
12|batch|2024-07-04T10:00:00|600|4|COMPLETED
12.batch|batch|2024-07-04T10:00:00|600|4|COMPLETED
13_1|gpu|2024-07-04T11:00:00|60|1|COMPLETED
14|gpu|2024-07-04T11:30:00|0|0|CANCELLED
"""
PAI = """\
j1,tensorflow,2,Terminated,100.0,3700.0,600.0,29,100,V100
j2,worker,1,Running,50.0,,100.0,1,1,T4
"""
VMS = """\
v1,s,d,0,7200,90,20,80,Delay-insensitive,4,8
v2,s,d,300,3900,90,20,80,Interactive,>24,64
"""
TABLE = """\
job,submit,width,length_h,due,suspendable,max_width,data
a,2024-01-01T00:00:00,2,1.5,2024-01-01T04:00:00,true,4,
b,2024-01-01T00:10:00,3,0.5,,false,,7.5
"""
GAIA = "arrival_time,length,cpus\n0.0,6302.0,1\n68.0,1000.0,2\n"
LLM = """\
TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:15:46.680590,374,44
2023-11-16 18:15:50.995169,96,109
2023-11-16 18:17:51.222467,60,0
"""
# format → file name, content, jobs (submit, work in core h, width)
FILES: dict[str, tuple[str, str, list[tuple[int, float, float]]]] = {
    "swf": ("log.txt", SWF, [(1041379200, 4.0, 4.0), (1041379220, 0.2, 8.0)]),
    "sacct": ("jobs.txt", SACCT, [(1720087200, 2 / 3, 4.0), (1720090800, 1 / 60, 1.0)]),
    "pai": ("tasks.csv", PAI, [(100, 12.0, 12.0)]),
    "azure-vm": ("vmtable.csv", VMS, [(0, 8.0, 4.0), (300, 30.0, 30.0)]),
    "table": ("jobs.csv", TABLE, [(1704067200, 3.0, 2.0), (1704067800, 1.5, 3.0)]),
}
OPENDC = [(1665093600, 2.0, 16.0), (1665093660, 0.5, 4.0)]


def opendc(folder: Path, fragment: int = 450_000) -> Path:
    tasks = {
        "id": [7, 8, 9],
        "submission_time": [1665093600000, 1665093660000, 1665093670000],
        "duration": [fragment, 450_000, 0],
        "cpu_count": [16, 4, 4],
        "cpu_capacity": [1.0] * 3,
    }
    pl.DataFrame(tasks).write_parquet(folder / "week_tasks.parquet")
    parts = {"id": [7, 8, 8], "duration": [450_000, 150_000, 300_000], "cpu_usage": [1.0, 2.0, 3.0]}
    pl.DataFrame(parts).write_parquet(folder / "week_fragments.parquet")
    return folder / "week_tasks.parquet"


@pytest.fixture
def file(tmp_path):
    def made(name: str, text: str | None = None) -> Path:
        if name == "opendc":
            return opendc(tmp_path)
        path = tmp_path / FILES[name][0]
        path.write_text(FILES[name][1] if text is None else text)
        return path

    return made


NAMES = [*FILES, "opendc"]


def rows(table: pl.DataFrame) -> list[tuple[Any, ...]]:
    return table.select("submit", "work", "width").rows()


# ---- the contract


@pytest.mark.parametrize("name", NAMES)
def test_a_format_is_recognised_and_read_to_the_normalised_table(name, file) -> None:
    path = file(name)
    assert recognised(path) == name
    made = read_trace(path, name, {})
    assert made.table.schema == SCHEMA
    expected = OPENDC if name == "opendc" else FILES[name][2]
    assert [pytest.approx(row) for row in rows(made.table)] == expected
    assert made.table["count"].to_list() == [1] * len(made)
    assert made.table["job"].n_unique() == len(made)


@pytest.mark.parametrize("name", NAMES)
def test_a_window_gives_the_jobs_submitted_in_it(name, file) -> None:
    module, path = plugins("trace")[name].load(), file(name)
    made = read_trace(path, name, {})
    zero = 0 if made.utc else 1_577_836_800  # the default anchor, 2020-01-01
    first = int(made.table["submit"][0]) + zero
    trace = played(module, {"path": path}, first, first + 1, 1)
    assert trace.submit_s.tolist() == [first]
    assert (trace.length_h * trace.cores).tolist() == pytest.approx([made.table["work"][0]])
    moved = played(
        module,
        {"path": path, "anchor": "2030-01-01T00:00:00+00:00"},
        1_893_456_000,
        1_893_456_000 + 86400,
        1,
    )
    assert len(moved.submit_s) == len(made)
    with pytest.raises(InputError, match="no jobs there"):
        played(module, {"path": path}, 0, 1, 1)
    with pytest.raises(InputError) as caught:
        played(module, {"file": path, "anchors": 1}, 0, 1, 1)
    assert len(caught.value.issues) == 3


@pytest.mark.parametrize("name", NAMES)
def test_what_was_written_can_be_read_again(name, file, tmp_path) -> None:
    made = read_trace(file(name), name, {})
    for suffix in ("parquet", "csv"):
        path = tmp_path / f"again.{suffix}"
        made.table.write_parquet(path) if suffix == "parquet" else made.table.write_csv(path)
        assert recognised(path) == "table"
        again = read_trace(path, "table", {}).table
        assert rows(again) == rows(made.table)
        assert again["due"].to_list() == made.table["due"].to_list()


@pytest.mark.parametrize("name", NAMES)
def test_options_that_a_format_has_not_are_refused(name, file) -> None:
    with pytest.raises(InputError, match=f"no option of {name}"):
        read_trace(file(name), name, {"colour": 1})


def test_a_file_of_no_known_format_and_one_that_is_not_there(tmp_path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("hello\nworld\n")
    with pytest.raises(
        InputError, match=r"not recognised.*swf, table; remedy: name it with --format"
    ):
        recognised(path)
    with pytest.raises(InputError, match="cannot be read"):
        recognised(tmp_path / "absent.csv")
    with pytest.raises(InputError, match="reads no files"):
        read_trace(path, "pai-quantiles", {})


# ---- each format


def test_swf_findings_name_every_line(file) -> None:
    bad = SWF + "4 0 5 3600\n5 -9 5 x 4 -1 -1 4 7200 -1 1 1 1 1 2 -1 -1 -1\n"
    with pytest.raises(InputError) as caught:
        read_trace(file("swf", bad), "swf", {})
    assert [(i.place, i.value) for i in caught.value.issues] == [
        ("line 7", "4 0 5 3600"),
        ("line 8, column submit", "-9"),
        ("line 8, column run", "x"),
    ]


def test_findings_beyond_twenty_are_counted(file) -> None:
    bad = "job,submit,width,work\n" + "".join(f"{i},5,-1,2\n" for i in range(50))
    with pytest.raises(InputError) as caught:
        read_trace(file("table", bad), "table", {})
    assert len(caught.value.issues) == MAX_SHOWN + 1
    assert caught.value.issues[-1].message == "30 more rows are not usable"


def test_sacct_times_are_those_of_the_zone_and_steps_belong_to_their_job(file) -> None:
    made = read_trace(file("sacct"), "sacct", {"zone": "Asia/Shanghai"})
    assert made.table["submit"][0] == 1720087200 - 8 * 3600
    assert made.table["workload"].to_list() == ["batch", "gpu"]
    assert made.notes == ("1 of 3 jobs never ran and are left out",)
    long = (
        SACCT.replace("ElapsedRaw", "Elapsed")
        .replace("|600|", "|1-00:10:00|")
        .replace("|60|", "|00:01:00|")
        .replace("|0|0", "|00:00:00|0")
    )
    assert rows(read_trace(file("sacct", long), "sacct", {}).table)[0][1] == pytest.approx(
        4 * (24 + 1 / 6)
    )
    with pytest.raises(InputError, match="zone"):
        read_trace(file("sacct"), "sacct", {"zone": "Nowhere/Town"})
    with pytest.raises(InputError, match="column AllocCPUS: is missing"):
        read_trace(file("sacct", "JobID|Submit|ElapsedRaw\n1|2024-07-04T10:00:00|5\n"), "sacct", {})
    gap = SACCT.replace("2024-07-04T11:00:00", "2024-03-31T02:30:00")
    with pytest.raises(InputError, match="that exists in Europe/Berlin"):
        read_trace(file("sacct", gap), "sacct", {"zone": "Europe/Berlin"})


def test_pai_with_a_header_is_the_same(file) -> None:
    header = "job_name,task_name,inst_num,status,start_time,end_time,"
    header += "plan_cpu,plan_mem,plan_gpu,gpu_type\n"
    path = file("pai", header + PAI)
    assert recognised(path) == "pai"
    made = read_trace(path, "pai", {})
    assert rows(made.table) == [(100, 12.0, 12.0)]
    assert "submitted when started" in made.notes[0]
    with pytest.raises(InputError, match="not before start_time"):
        read_trace(file("pai", PAI.replace("3700", "37")), "pai", {})


def test_azure_buckets_count_as_one_says(file) -> None:
    made = read_trace(file("azure-vm"), "azure-vm", {"over": 48})
    assert made.table["width"].to_list() == [4.0, 48.0]
    assert made.table["suspendable"].to_list() == [True, False]
    with pytest.raises(InputError, match="out of range"):
        read_trace(file("azure-vm"), "azure-vm", {"over": -1})


def test_opendc_fragments_must_add_up(tmp_path) -> None:
    with pytest.raises(InputError, match="1 tasks have fragments that do not add up"):
        read_trace(opendc(tmp_path, 99_000), "opendc", {})


def test_a_table_has_times_of_both_kinds_and_says_what_it_cannot_use(file) -> None:
    made = read_trace(file("table"), "table", {})
    assert made.utc
    assert made.table["due"].to_list() == [1704081600, None]
    assert made.table["suspendable"].to_list() == [True, False]
    assert made.table["max_width"].to_list() == [4.0, 3.0]
    assert made.table["data"].to_list() == [None, 7.5]
    gaia = read_trace(file("table", GAIA), "table", {})
    assert not gaia.utc
    assert rows(gaia.table)[1] == pytest.approx((68, 1000 / 1800, 2.0))
    with pytest.raises(InputError, match="column colour: is not known"):
        read_trace(file("table", "submit,width,work,colour\n1,1,1,red\n"), "table", {})
    with pytest.raises(InputError, match="column length_h: is missing"):
        read_trace(file("table", "submit,width\n1,1\n"), "table", {})
    with pytest.raises(InputError, match="not before submit"):
        read_trace(file("table", "submit,width,work,due\n9,1,1,5\n"), "table", {})


def test_requests_become_the_shape_of_a_service(tmp_path) -> None:
    path = tmp_path / "llm.csv"
    path.write_text(LLM)
    assert recognised(path) == "azure-llm"
    load = read_trace(path, "azure-llm", {"weight": 2})
    assert load["value"].to_list() == pytest.approx([(374 + 96 + 2 * 153) / 60, 0, 1.0])
    assert load["requests"].to_list() == [2, 0, 1]
    with pytest.raises(InputError, match="column context_tokens"):
        path.write_text(LLM.replace(",96,", ",x,"))
        read_trace(path, "azure-llm", {})
    with pytest.raises(InputError, match="out of range"):
        read_trace(path, "azure-llm", {"step_s": 0})
    with pytest.raises(InputError, match="requests of a service, not jobs"):
        played(plugins("trace")["azure-llm"].load(), {"path": path}, 0, 1, 1)


def test_a_million_rows_are_read_by_columns(tmp_path) -> None:
    n = 200_000
    path = tmp_path / "jobs.parquet"
    pl.DataFrame(
        {"submit": np.arange(n), "width": np.ones(n), "work": np.full(n, 0.5)}
    ).write_parquet(path)
    assert len(read_trace(path, "table", {})) == n
