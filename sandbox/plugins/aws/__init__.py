"""Stand-in for the pulumi-aws provider plugin: the resource types and functions this project uses, by the AWS SDK.

    __main__       the process that the engine starts
    plugin         dispatch by type token
    configuration  the provider's own configuration
    connections    clients of AWS services
    errors         what AWS answers, as the user is to read it
    consistency    waiting for what AWS has accepted but does not show everywhere yet
    kind           what there is to know about one resource type
    lifecycle      check, diff, create, read, update and delete, the same for every kind
    fields, naming, tags, documents   the rules these are made of
    resources/     one resource type, or a pair of twins, a file
    functions/     the functions (`aws.get_…`)
    schema         the package schema, made from the kinds

It behaves as pulumi-aws 7.51.1 and the Terraform AWS provider under it do, as far as a program can tell: property
names, defaults, replacement rules, documents compared by meaning, default tags, the per-resource region, names made
up, secrets, error texts. It is not the plugin: real stacks use that one.
"""
