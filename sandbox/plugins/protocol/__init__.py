"""What the stand-ins of provider plugins share: Pulumi's plugin protocol, without any resource in it.

    values     property values as Python objects: JSON plus `UNKNOWN` and `Secret`
    messages   what the engine asks and a plugin answers, as frozen dataclasses
    errors     the failures a plugin reports
    diffs      comparing property maps
    plugin     `Plugin`, the class a stand-in implements
    service    the calls of the engine, answered by a `Plugin`
    server     the gRPC server around it, and how errors reach the engine
    engine     the engine's log
    process    a plugin as a process: start, label, end

A stand-in is a `Plugin` and three lines:

    from sandbox.plugins.protocol.process import serve

    if __name__ == "__main__":
        serve(MyPlugin(), sys.argv[1:])

Its methods see *revealed* property maps: no `Secret` ever arrives, only `UNKNOWN` where a value is not known yet. The
service makes every output and checked input secret again that was secret in the inputs (or, in a read, in the state)
at the same path, so a plugin returns `Secret(...)` only for what is secret by its own nature, such as a new access
key. Errors for the user are `PluginError`; a resource that exists although a later step failed is an
`InitializationError`, which the engine keeps in state.
"""
