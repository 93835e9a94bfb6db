"""The process that the engine starts as `pulumi-resource-aws`. A stand-in for the official plugin."""

import sys

from sandbox.plugins.aws.plugin import AwsPlugin
from sandbox.plugins.protocol.process import serve

if __name__ == "__main__":
    serve(AwsPlugin(), sys.argv[1:])
