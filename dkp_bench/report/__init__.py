"""The report: one data structure, rendered as HTML, Markdown, LaTeX and a short table for the terminal."""

from dkp_bench.analysis.published import read_published as read_published
from dkp_bench.report.build import Report as Report
from dkp_bench.report.build import build_report as build_report
from dkp_bench.report.build import report_of as report_of
from dkp_bench.report.data import gather as gather
from dkp_bench.report.data import merged_runs as merged_runs
from dkp_bench.report.terminal import closing_table as closing_table
