"""Depth maps: how they enter a detector."""

from dkp_bench.depth.encoding import DepthChannels as DepthChannels
from dkp_bench.depth.encoding import DepthScaling as DepthScaling
from dkp_bench.depth.encoding import encode_depth as encode_depth
