"""What an identity may do in AWS, as pure functions that return IAM documents.

Nothing here talks to AWS or imports Pulumi: a policy is data, so it can be read, linted, simulated and
printed before anything exists. One file a question:

* `document`: what a policy document is, and the limits IAM puts on one
* `arn`: the resource names documents are made of
* `prefix`: which repository-name prefixes and repository names are valid, and what to write instead
* `ecr_pull`: what the identity that pulls images may do
* `trust`: which Kubernetes service accounts may take a role
* `deployer`: what whoever runs `pulumi up` needs, and the boundary that stops that right from growing
* `explain`: a document as text, with the reason of every statement
"""
