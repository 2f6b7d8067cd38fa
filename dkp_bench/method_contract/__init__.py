"""Rules that every method must keep, as data: ``dkp-bench check-method`` and the tests of built-in methods share it."""

from dkp_bench.method_contract.rules import RULES as RULES
from dkp_bench.method_contract.rules import Outcome as Outcome
from dkp_bench.method_contract.rules import Rule as Rule
from dkp_bench.method_contract.rules import check_method as check_method
from dkp_bench.method_contract.subject import BrokenRuleError as BrokenRuleError
from dkp_bench.method_contract.subject import Subject as Subject
