"""What a run that was cut off leaves behind, and how it is put right.

`look` asks the engine, AWS, NVCF, the cluster and this machine; `plan` decides, and touches nothing; `carry_out` does
what was decided. The command `recover` shows it in between.
"""
