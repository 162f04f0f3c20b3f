"""`suandian trace`: what it prints, writes and refuses."""

import json

import polars as pl
from typer.testing import CliRunner

from suandian.cli.main import app
from suandian.model.issues import InputError

TABLE = "submit,width,work,due\n0,2,4.0,7200\n3600,1,1.0,3601\n7200,4,2.0,\n"
LLM = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.680590,60,0\n"


def run(*words):
    return CliRunner().invoke(app, ["trace", *map(str, words)])


def test_a_trace_is_described_for_people_and_machines_and_written(tmp_path):
    path, out = tmp_path / "jobs.csv", tmp_path / "out.parquet"
    path.write_text(TABLE)
    text = run(path, "--out", out).stdout
    assert "format                     table" in text
    assert "run time h                 p50 1, p90 1.8, p99 1.98, most 2" in text
    assert pl.read_parquet(out)["work"].to_list() == [4.0, 1.0, 2.0]
    facts = json.loads(run(path, "--json").stdout)
    assert (
        facts["rows"],
        facts["core_hours"],
        facts["with_due"],
        facts["too_long_for_their_window"],
    ) == (3, 7.0, 2, 1)
    assert facts["width_cores"]["most"] == 4.0


def test_requests_are_written_as_a_shape(tmp_path):
    path, out = tmp_path / "llm.csv", tmp_path / "shape.csv"
    path.write_text(LLM)
    assert (
        json.loads(run(path, "--out", out, "--json", "--set", "step_s=30").stdout)[
            "peak_tokens_per_s"
        ]
        == 2.0
    )
    assert out.read_text().splitlines() == ["time,value,requests", "2023-11-16T18:15:30,2.0,1"]


def test_what_cannot_be_done_is_refused(tmp_path):
    path = tmp_path / "jobs.csv"
    path.write_text(TABLE)
    for words, message in (
        ((path, "--out", tmp_path / "x.txt"), "no known kind"),
        ((path, "--format", "tabel"), "no such trace plug-in"),
        ((path, "--set", "zone=UTC"), "no option of table"),
        ((tmp_path / "none",), "cannot be read"),
    ):
        error = run(*words).exception
        assert isinstance(error, InputError)
        assert message in str(error)
    assert run(path, "--set", "zone").exit_code == 2
