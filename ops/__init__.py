"""The command line for what `pulumi` itself does not do: rotate, retire, look at, recover, prove gone."""
