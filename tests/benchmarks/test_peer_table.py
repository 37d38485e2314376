from __future__ import annotations

import io
import re
from dataclasses import replace

from rich.console import Console

from benchmarks.peer.table import as_markdown, as_tables
from tests.benchmarks.results import OURS, THEIRS, coverage, some_results


def cells_of(markdown: str, title: str, variant: str) -> list[str]:
    section = markdown.split(f"### {title}\n")[1].split("###")[0]
    (line,) = [line for line in section.splitlines() if line.startswith(f"| {variant} |")]
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_parity_of_a_map_is_told_in_its_own_figures() -> None:
    told = cells_of(as_markdown(some_results()), "efiqa-cp-edge: parity with fp32", OURS)
    assert told[1:] == ["0.0123", "0.1155", "0.9579", "2/256 (0.2 to 2.8 %)", "2/256 (0.2 to 2.8 %)", "kept"]


def test_parity_of_a_score_is_told_in_its_own_figures() -> None:
    told = cells_of(as_markdown(some_results()), "fthnet-s: parity with fp32", THEIRS)
    assert told[1:] == ["0.9943", "0.74", "1.22", "2/256 (0.2 to 2.8 %)", "-", "broken"]


def test_a_variant_that_failed_says_why_and_breaks_no_table() -> None:
    told = cells_of(as_markdown(some_results()), "efiqa-cp-edge: parity with fp32", THEIRS)
    assert told[1] == r"failed: RuntimeError: no \| bar"
    assert len(told) == 7


def test_coverage_names_the_jetpacks_that_take_the_graph_and_those_that_do_not() -> None:
    told = cells_of(as_markdown(some_results()), "efiqa-cp-edge: what runs in INT8", OURS)
    assert told[1:] == ["17", "17", "19", "19", "6.2", "5.1"]


def test_a_graph_without_an_engine_counts_no_int8_layers() -> None:
    results = some_results()
    refused = replace(results.rows[0], coverage=coverage(0, ("Conv: refused",)))
    told = cells_of(as_markdown(replace(results, rows=[refused])), "efiqa-cp-edge: what runs in INT8", OURS)
    assert told[2] == "no engine"


def test_products_fused_with_others_are_counted_apart() -> None:
    results = some_results()
    attention = replace(results.rows[0], coverage=coverage(15, fused=4))
    told = cells_of(as_markdown(replace(results, rows=[attention])), "efiqa-cp-edge: what runs in INT8", OURS)
    assert told[2] == "15 + 4 fused"


def test_cost_counts_memory_above_the_imports_and_leaves_out_what_nobody_quantized() -> None:
    markdown = as_markdown(some_results())
    assert cells_of(markdown, "efiqa-cp-edge: cost", OURS)[1:] == ["12", "24", "500", "380", "3.0", "16.0", "0.50"]
    assert cells_of(markdown, "fthnet-s: cost", "fp32")[1:] == ["-", "-", "-", "-", "-", "35.0", "1.00"]
    assert THEIRS not in markdown.split("### fthnet-s: cost")[1].split("###")[0]


def test_pairs_say_who_reads_them_and_how_much_range_is_kept() -> None:
    told = cells_of(as_markdown(some_results()), "efiqa-cp-edge: where Q/DQ pairs stand", OURS)
    assert told[1:] == ["5 Add, 17 Conv", "0", "78 % in the median, 24 % the least, 16 tensors"]


def test_the_screen_shows_the_same_tables() -> None:
    screen = Console(file=io.StringIO(), width=200)
    tables = as_tables(some_results())
    for table in tables:
        screen.print(table)
    shown = screen.file.getvalue()  # type: ignore[attr-defined]
    assert len(tables) == 8
    assert "78 % in the median" in shown
    assert "RuntimeError: no | bar" in shown
