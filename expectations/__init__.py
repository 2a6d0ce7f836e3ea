"""What a schema cannot say, one file a table at the table's own address; its declaration says the rest."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from traceback import extract_tb

from expectations.omop import omop_rules
from twinlake.declare.errors import DeclarationError
from twinlake.declare.rule import Rule
from twinlake.declare.schema_rules import schema_rules
from twinlake.declare.table import Table


def rules_for(table: Table) -> tuple[Rule, ...]:
    """Every rule of a table, named `<table>.<rule>`; a written rule takes the place of a made one of its name."""
    written = (*written_rules(table.layer, table.name), *_of_versions(table))
    named = [rule.name for rule in written]
    twice = sorted({name for name in named if named.count(name) > 1})
    from_schema = {rule.name: rule for rule in schema_rules(table)}
    of_omop = {rule.name: rule for rule in omop_rules(table)}
    _refuse_unknown_columns(table, written)
    unknown = sorted(rule.replaces for rule in written if rule.replaces and rule.replaces not in from_schema)
    if twice or unknown:
        raise DeclarationError(f"expectations/{table.layer}/{table.name}.py: {_fault(twice, unknown)}.")
    taken = {*named, *(rule.replaces for rule in written)}
    made = {**from_schema, **of_omop}
    rules = [*(rule for name, rule in made.items() if name not in taken), *written]
    return tuple(replace(rule, name=f"{table.name}.{rule.name}") for rule in rules)


def _of_versions(table: Table) -> tuple[Rule, ...]:
    """What refuses a row refuses its earlier versions: what never stood was never known."""
    of = table.versions_of
    rules = written_rules(table.layer, of) if of else ()
    return tuple(replace(rule, judged_as=f"{of}.{rule.name}") for rule in rules if rule.is_quarantining)


def written_rules(layer: str, name: str) -> tuple[Rule, ...]:
    """The rules in `expectations/<layer>/<name>.py`, none where there is no such file."""
    module = f"{__name__}.{layer}.{name}"
    if not find_spec(f"{__name__}.{layer}") or not find_spec(module):
        return ()
    file = f"expectations/{layer}/{name}.py"
    try:
        rules = tuple(import_module(module).RULES)
    except (NameError, ImportError, SyntaxError, TypeError, AttributeError, DeclarationError) as error:
        where = f"{file}, line {_raised_at(error, Path(__file__).parent / layer / f'{name}.py')}"
        raise DeclarationError(f"{where}: {error}. Mend the file; rules are made by twinlake.declare.rule.") from error
    return rules


def _raised_at(error: Exception, path: Path) -> object:
    """The line of the file that raised, or could not be read."""
    if isinstance(error, SyntaxError):
        return error.lineno
    lines = [frame.lineno for frame in extract_tb(error.__traceback__) if Path(frame.filename) == path]
    return lines[-1] if lines else "?"


def _refuse_unknown_columns(table: Table, written: tuple[Rule, ...]) -> None:
    """Every column that a written rule reads is one of its table's; all that are not are told at once."""
    faults = [(rule, column) for rule in written for column in rule.columns if column not in table.columns]
    if faults:
        file = f"expectations/{table.layer}/{table.name}.py"
        told = "; ".join(
            f"{file}, line {_line_of(file, r.name)}: {r.name} reads {c}, no such column" for r, c in faults
        )
        raise DeclarationError(f"{told}. Mend the rule. Columns: {', '.join(table.columns)}.")


def _line_of(file: str, rule: str) -> object:
    """Where a file names the rule; ? for one that a function names."""
    lines = (Path(__file__).parents[1] / file).read_text(encoding="utf-8").splitlines()
    return next((n for n, line in enumerate(lines, 1) if f'"{rule}"' in line), "?")


def _fault(twice: list[str], unknown: list[str]) -> str:
    parts = [f"{', '.join(twice)} stands twice"] if twice else []
    parts += [f"replaces {', '.join(unknown)}, which the schema does not say"] if unknown else []
    return "; ".join(parts)
