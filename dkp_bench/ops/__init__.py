"""The differentiable pieces, each with its formula here and its properties in tests/ops."""

from dkp_bench.ops.edges import draw_edges as draw_edges
from dkp_bench.ops.edges import draw_edges_plain as draw_edges_plain
from dkp_bench.ops.edges import edge_index as edge_index
from dkp_bench.ops.masking import block_mask as block_mask
from dkp_bench.ops.soft_argmax import grid_1d as grid_1d
from dkp_bench.ops.soft_argmax import soft_argmax as soft_argmax
