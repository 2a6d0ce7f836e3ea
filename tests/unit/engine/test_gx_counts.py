"""Great Expectations' one YAML parser, read by several tables at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from twinlake.engine.gx_counts import read_in_turn

TEXT = "".join(f"key_{n}:\n  - name: value {n}\n    rest: [1, 2, {{a: b}}]\n" for n in range(40))


def test_side_by_side_it_reads_what_is_written() -> None:
    from great_expectations.core.yaml_handler import YAMLHandler

    read_in_turn()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: YAMLHandler().load(TEXT), range(40)))
    assert all(each == found[0] and len(each) == 40 for each in found)
