"""The sandbox's AWS, a stand-in for development and tests: moto, with authentication, authorisation and ECR Public."""
