"""The NVCF side: which registries NVCF knows, its registry-credential API, and the Pulumi resource over it.

Read in this order: `registries` (kinds, hostnames, artifact types), `credential_rules` and `secret` (what a
credential may hold), `client` (HTTP), `provider` (the dynamic resource). The first three import neither
Pulumi nor an HTTP library, so that configuration can be judged without either.
"""
