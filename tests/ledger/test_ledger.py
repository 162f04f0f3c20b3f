"""The ledger: what it refuses, what it chains, what survives a cut."""

import hashlib
import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from suandian.ledger.ledger import Ledger, Posting, chain, entry, origin
from suandian.ledger.packing import compressed, digest, expanded, pack, unpack
from suandian.model.issues import RecordError

SEED = "scenario"


def postings(step: int) -> list[Posting]:
    accounts = {"generator:g": -7 - step, "load:1": 7 + step}
    return [
        Posting(step, "energy", accounts, {"n": step}, {"a": np.arange(step + 3)}),
        Posting(step, "cash", {"site:d": -5, "grid": 5}, {"x": 0.5, "name": "ü"}),
    ]


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "ledger.db", SEED) as made:
        yield made


def rows(path: Path) -> list[tuple]:
    db = sqlite3.connect(path)
    found = db.execute("SELECT seq, step, book, body, hash FROM entries ORDER BY seq").fetchall()
    db.close()
    return found


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Posting(0, "energy", {"a": 1, "b": -2}), "sum to -1, not zero"),
        (Posting(0, "energy", {"a": 1.0, "b": -1}), "a is not an integer"),
        (Posting(0, "cash", {"a": 2, "b": -2.5, "c": 0.5}), "b is not an integer"),
        (Posting(0, "energy", {"a": np.float64(1), "b": -1}), "a is not an integer"),
        (Posting(0, " ", {}), "names no book"),
    ],
)
def test_what_does_not_balance_in_integers_is_refused(ledger, wrong, message) -> None:
    with pytest.raises(RecordError, match=message):
        ledger.append([*postings(0), wrong])
    assert list(ledger.entries()) == []
    assert ledger.head == origin(SEED)


def test_nan_is_refused_in_a_memo_and_text_in_a_detail(ledger) -> None:
    for wrong, error in (
        (Posting(0, "plan", {}, {"x": float("nan")}), ValueError),
        (Posting(0, "plan", {}, {}, {"a": np.array(["x"])}), TypeError),
        (Posting(0, "plan", {}, {}, {"a": np.array([1 + 2j])}), TypeError),
    ):
        with pytest.raises(error):
            ledger.append([*postings(0), wrong])
    assert list(ledger.entries()) == []


def test_an_error_in_the_middle_leaves_nothing(tmp_path, ledger) -> None:
    ledger.append(postings(0))
    head = ledger.head
    other = sqlite3.connect(tmp_path / "ledger.db")
    other.execute(
        "CREATE TRIGGER no BEFORE INSERT ON entries WHEN NEW.seq = 3 BEGIN SELECT RAISE(ABORT, "
        "'no'); END"
    )
    with pytest.raises(sqlite3.IntegrityError, match="no"):
        ledger.append(postings(1))  # entry 2 went in, entry 3 did not
    assert ledger.head == head
    assert len(rows(tmp_path / "ledger.db")) == 2
    assert other.execute("SELECT count(*) FROM details").fetchone() == (1,)
    other.execute("DROP TRIGGER no")
    other.close()
    ledger.append(postings(1))  # and it can go on
    assert [e.seq for e in ledger.entries()] == [0, 1, 2, 3]


def test_a_value_that_sqlite_cannot_hold_leaves_nothing_either(ledger) -> None:
    ledger.append(postings(0))
    with pytest.raises(OverflowError):
        ledger.append([*postings(1), Posting(2**70, "plan", {})])
    ledger.append(postings(1))
    assert [e.seq for e in ledger.entries()] == [0, 1, 2, 3]


def test_the_chain_can_be_recomputed_by_anybody(tmp_path, ledger) -> None:
    for step in range(5):
        ledger.append(postings(step))
    head = hashlib.sha256(f"suandian ledger 1 {SEED}".encode()).hexdigest()
    for seq, step, book, body, stored in rows(tmp_path / "ledger.db"):
        head = hashlib.sha256(head.encode() + body.encode()).hexdigest()
        assert head == stored
        data = json.loads(body)
        assert (data["seq"], data["step"], data["book"]) == (seq, step, book)
        assert body == json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert sum(data["accounts"].values()) == 0
    assert head == ledger.head


def test_the_head_depends_on_everything_that_is_booked_and_on_the_scenario(tmp_path) -> None:
    def head(name: str, seed: str = SEED, **changes) -> str:
        base = Posting(0, "energy", {"a": 1, "b": -1}, {"x": 1}, {"v": np.ones(2)})
        with Ledger(tmp_path / name, seed) as made:
            return made.append([replace(base, **changes)])

    heads = [
        head("0"),
        head("1", "other"),
        head("2", step=1),
        head("3", book="cash"),
        head("4", accounts={"a": 2, "b": -2}),
        head("5", memo={"x": 2}),
        head("6", detail={"v": np.zeros(2)}),
        head("7", detail={"v": np.ones(2, np.int64)}),
    ]
    assert len(set(heads)) == len(heads)
    assert head("8", accounts={"b": -1, "a": 1, "c": 0}) == heads[0]  # order and zeros say nothing
    assert head("9") == heads[0]


@pytest.mark.parametrize(
    "command",
    [
        "UPDATE entries SET body = 'x'",
        "UPDATE entries SET step = 9 WHERE seq = 0",
        "DELETE FROM entries",
    ],
)
def test_entries_stay_as_they_are(tmp_path, ledger, command) -> None:
    ledger.append(postings(0))
    before = rows(tmp_path / "ledger.db")
    db = sqlite3.connect(tmp_path / "ledger.db")
    with pytest.raises(sqlite3.IntegrityError, match="append only"):
        db.execute(command)
    db.close()
    assert rows(tmp_path / "ledger.db") == before


def test_a_sequence_number_is_used_once(tmp_path, ledger) -> None:
    # a second writer on the same file: its entry 0 is refused, the first one's stays
    with Ledger(tmp_path / "ledger.db", SEED) as second:
        ledger.append(postings(0))
        with pytest.raises(sqlite3.IntegrityError):
            second.append(postings(1))
    assert [e.memo["n"] for e in ledger.entries("energy")] == [0]


def test_entries_come_back_as_they_were_booked(tmp_path) -> None:
    path = tmp_path / "ledger.db"
    with Ledger(path, SEED) as made:
        for step in range(3):
            made.append(postings(step))
        head = made.head
    with Ledger(path, SEED) as again:
        assert again.head == head
        assert [(e.seq, e.step, e.book) for e in again.entries()] == [
            (2 * s + i, s, b) for s in range(3) for i, b in enumerate(("energy", "cash"))
        ]
        last = again.last("energy")
        assert (last.accounts, last.memo) == ({"generator:g": -9, "load:1": 9}, {"n": 2})
        assert again.detail(last.detail)["a"].tolist() == [0, 1, 2, 3, 4]
        assert again.last("cash").memo == {"x": 0.5, "name": "ü"}
        assert again.last("plan") is None
        assert [e.step for e in again.entries("cash")] == [0, 1, 2]


def test_a_detail_that_was_changed_or_lost_is_noticed(tmp_path, ledger) -> None:
    ledger.append(postings(0))
    sha = ledger.last("energy").detail
    db = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    for data, message in (
        (compressed(pack({"a": np.arange(4)})), "was changed"),
        (b"junk", "cannot be decompressed"),
    ):
        db.execute("UPDATE details SET data = ? WHERE sha = ?", (data, sha))
        with pytest.raises(RecordError, match=message):
            ledger.detail(sha)
    db.execute("DELETE FROM details")
    db.close()
    with pytest.raises(RecordError, match="missing"):
        ledger.detail(sha)


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"seq": 1}', "3"])
def test_a_body_that_is_no_entry_is_named_damaged(body) -> None:
    with pytest.raises(RecordError, match="damaged"):
        entry(body, "")


ARRAYS = st.one_of(
    *(
        arrays(dtype, array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5))
        for dtype in (np.int64, np.float64, np.int8, np.bool_, np.int32, np.uint16, np.dtype(">f8"))
    )
)


@given(st.dictionaries(st.text(max_size=8), ARRAYS, max_size=5))
@settings(deadline=None, max_examples=80)
def test_packing_is_lossless_and_canonical(columns) -> None:
    data = pack(columns)
    back = unpack(expanded(compressed(data)))
    assert set(back) == set(columns)
    for name, array in columns.items():
        assert back[name].shape == array.shape
        assert np.array_equal(back[name], array, equal_nan=array.dtype.kind == "f")
    assert pack(dict(reversed(columns.items()))) == data
    assert pack({k: np.array(v, order="F") for k, v in columns.items()}) == data
    assert pack(back) == data


@given(st.binary(max_size=60))
@settings(deadline=None, max_examples=60)
def test_unpacking_junk_is_a_record_error(junk) -> None:
    good = pack({"a": np.arange(3), "b": np.ones((2, 2))})
    for data in (junk, good[: len(junk)], good + junk + b"x"):
        with pytest.raises(RecordError):
            unpack(data)
    with pytest.raises(RecordError):
        expanded(junk[:1] + b"junk" + junk)


def test_packed_bytes_are_the_same_for_ever() -> None:
    # the digest is part of booked chains: this one was computed from the format's description, not
    # by pack
    text = (
        b'[["a","<i8",[2]],["b","<f8",[]]]\n'
        + bytes([1, *[0] * 7, 2, *[0] * 7])
        + bytes([0] * 6 + [0xF0, 0x3F])
    )
    assert pack({"b": np.array(1.0), "a": np.array([1, 2])}) == text
    assert pack({"c": np.array([True])}) == b'[["c","<i8",[1]]]\n' + bytes([1, *[0] * 7])
    assert pack({"c": np.array([-1], dtype=np.int8)}) == b'[["c","<i1",[1]]]\n' + bytes([255])
    assert digest(text) == hashlib.sha256(text).hexdigest()


def test_a_bomb_is_refused() -> None:
    with pytest.raises(RecordError, match="larger than allowed"):
        expanded(compressed(bytes(5000)), limit=4999)
    assert len(expanded(compressed(bytes(5000)), limit=5000)) == 5000


def test_any_book_may_be_kept(ledger) -> None:
    ledger.append([Posting(0, "water", {"river": -3, "cooling": 3})])
    assert [entry.book for entry in ledger.entries("water")] == ["water"]


def test_entries_are_chained_by_their_hashes() -> None:
    assert chain("a", "b") == hashlib.sha256(b"ab").hexdigest()


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> tuple[Path, list[tuple], int]:
    """A copy of a ledger file and its log taken while a writer had it open, its rows, and postings
    per transaction.
    """
    folder = tmp_path_factory.mktemp("running")
    with Ledger(folder / "ledger.db", SEED) as made:
        for step in range(12):
            made.append(postings(step))
        for name in ("ledger.db", "ledger.db-wal"):
            shutil.copy(folder / name, folder / f"copy-{name}")
    return folder, rows(folder / "ledger.db"), 2


@given(part=st.floats(0, 1))
@settings(deadline=None, max_examples=20)
def test_a_cut_log_opens_to_whole_transactions(running, tmp_path_factory, part) -> None:
    folder, whole, size = running
    here = tmp_path_factory.mktemp("cut")
    log = (folder / "copy-ledger.db-wal").read_bytes()
    shutil.copy(folder / "copy-ledger.db", here / "ledger.db")
    (here / "ledger.db-wal").write_bytes(log[: int(part * len(log))])
    with Ledger(here / "ledger.db", SEED) as cut:
        left = [(e.seq, e.step, e.book, e.hash) for e in cut.entries()]
        assert left == [(q, s, b, h) for q, s, b, _, h in whole[: len(left)]]
        assert len(left) % size == 0
        assert cut.head == (left[-1][3] if left else origin(SEED))
        for e in cut.entries("energy"):
            assert cut.detail(e.detail)["a"].tolist() == list(range(e.step + 3))
        for step in range(len(left) // size, 12):
            cut.append(postings(step))
    assert rows(here / "ledger.db") == whole
    shutil.rmtree(here)


def test_the_log_of_that_test_holds_everything(running) -> None:
    # so that cutting it does cut bookings: the copied file alone has none of them
    folder, whole, _ = running
    assert len(whole) == 24
    assert (folder / "copy-ledger.db-wal").stat().st_size > 24 * 4096
    (folder / "alone").mkdir(exist_ok=True)
    shutil.copy(folder / "copy-ledger.db", folder / "alone" / "ledger.db")
    with Ledger(folder / "alone" / "ledger.db", SEED) as alone:
        assert list(alone.entries()) == []
