"""The one place that decides: exhaustively, and each of its guards missed when it is gone.

V-step-skip: over all factors held, levels demanded and proofs given, in whatever order they came
(they are a set), nothing reaches more than was proven. Then the mutation run: every guard of the
deciding modules is negated, dropped or bent, one at a time, and each time a promise breaks.
"""

import ast
import copy
import inspect
import sys
import types
from collections.abc import Iterator
from itertools import count

import pytest

from accounts.flow import next_step
from accounts.services import assurance, attempts
from tests.properties.next_step_promises import Decider, broken
from vault import attempts as vault_attempts

REAL = Decider(next_step.next_step, next_step.next_proof, next_step.next_recovery, assurance.Demand)


def test_nothing_reaches_more_than_was_proven_from_any_input() -> None:
    """All subsets of proofs and factors, all pairs of levels."""
    assert list(broken(REAL)) == []


# --- The mutation run --------------------------------------------------------------------------


class Bender(ast.NodeTransformer):
    """Bends the n-th place of a module that can be bent; says how many places there were."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.seen = 0
        self.said = ""

    def _is_it(self, node: ast.AST, what: str) -> bool:
        self.seen += 1
        if self.seen - 1 != self.wanted:
            return False
        self.said = f"line {getattr(node, 'lineno', 0)}: {what}"
        return True

    def visit_If(self, node: ast.If) -> ast.AST:
        """A guard that is never taken, and one that always is."""
        for value in (False, True):
            if self._is_it(node, f"if {ast.unparse(node.test)} -> {value}"):
                node.test = ast.copy_location(ast.Constant(value), node.test)
                return node
        return self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        """Either side alone."""
        for side in (node.body, node.orelse):
            if self._is_it(node, f"{ast.unparse(node)} -> {ast.unparse(side)}"):
                return side
        return self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        """One condition of several left out."""
        for gone in node.values:
            if self._is_it(node, f"without {ast.unparse(gone)} in {ast.unparse(node)}"):
                node.values = [value for value in node.values if value is not gone]
                return node.values[0] if len(node.values) == 1 else node
        return self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """The other way round."""
        turned = {ast.In: ast.NotIn, ast.NotIn: ast.In, ast.GtE: ast.Gt, ast.Is: ast.IsNot}
        new = turned.get(type(node.ops[0]))
        if new is not None and self._is_it(node, f"{ast.unparse(node)} -> {new.__name__}"):
            node.ops[0] = new()
            return node
        return self.generic_visit(node)

    def visit_Set(self, node: ast.Set) -> ast.AST:
        """One member less."""
        for gone in node.elts:
            if self._is_it(node, f"without {ast.unparse(gone)} in {ast.unparse(node)}"):
                node.elts = [element for element in node.elts if element is not gone]
                empty = ast.parse("frozenset()", mode="eval").body
                return node if node.elts else ast.copy_location(empty, node)
        return self.generic_visit(node)


def _bent(module: types.ModuleType, number: int) -> tuple[ast.Module, Bender]:
    bender = Bender(number)
    tree = copy.deepcopy(ast.parse(inspect.getsource(module)))
    return ast.fix_missing_locations(bender.visit(tree)), bender


def _run(
    module: types.ModuleType, tree: ast.Module, **instead: types.ModuleType
) -> types.ModuleType:
    """The module from a tree, with other modules in the place of those that it imports from."""
    new = types.ModuleType(module.__name__)
    held = {name: sys.modules[name] for name in (*instead, module.__name__)}
    try:
        sys.modules.update(instead, **{module.__name__: new})
        exec(compile(tree, module.__file__ or "", "exec"), vars(new))  # noqa: S102 - our own source
    finally:
        sys.modules.update(held)
    return new


def _decider(deciding: types.ModuleType, levels: types.ModuleType) -> Decider:
    return Decider(deciding.next_step, deciding.next_proof, deciding.next_recovery, levels.Demand)


def _numbered(module: types.ModuleType) -> Iterator[tuple[str, ast.Module]]:
    """Every way of bending one place of a module."""
    for number in count():
        tree, bender = _bent(module, number)
        if not bender.said:
            return
        yield f"{module.__name__} {bender.said}", tree


def mutants() -> Iterator[tuple[str, Decider]]:
    """Each with one guard of what decides bent: the steps, the levels, or what proofs amount to."""
    plain = ast.parse(inspect.getsource(next_step))
    for name, tree in _numbered(next_step):
        yield name, _decider(_run(next_step, tree), assurance)
    for name, tree in _numbered(assurance):
        bent = _run(assurance, tree)
        yield name, _decider(_run(next_step, plain, **{assurance.__name__: bent}), bent)
    for name, tree in _numbered(vault_attempts):
        if "amr" not in name and "held" not in name:
            continue  # what else stands in that module decides nothing here
        facade = types.ModuleType(attempts.__name__)
        facade.amr_of = _run(vault_attempts, tree).amr_of  # type: ignore[attr-defined]
        yield name, _decider(_run(next_step, plain, **{attempts.__name__: facade}), assurance)


MUTANTS = dict(mutants())


@pytest.mark.parametrize("name", MUTANTS)
def test_guard_that_is_bent_breaks_a_promise(name: str) -> None:
    """No condition is there for nothing, and none is missed by the promises."""
    try:
        found = next(broken(MUTANTS[name]), None)
    except Exception as error:  # noqa: BLE001 - a mutant may fail in any way, and fails closed
        found = repr(error)
    assert found is not None


def test_mutation_run_bends_every_kind_of_guard() -> None:
    """The run itself can fail: it has something to bend, in each module."""
    for module in (next_step, assurance, vault_attempts):
        assert sum(name.startswith(module.__name__) for name in MUTANTS) >= 4
