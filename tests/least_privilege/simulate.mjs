// Decides IAM requests with @cloud-copilot/iam-simulate, an evaluator that shares no code with this project.
//
// Reads one JSON object from standard input:
//   { "documents": { name: policy }, "requests": [ { "identity": [name], "boundary": name?, "trust": name?,
//     "principal": ARN, "action": "service:Action", "resource": ARN, "account": id, "context": { key: value } } ] }
// and writes one verdict a request, in order:
//   [ { "allowed": bool, "by": [statement names of the identity], "ignored": [context keys] } | { "error": text } ]

import { runSimulation } from '@cloud-copilot/iam-simulate'

async function readStandardInput() {
  const chunks = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}

function named(documents, names) {
  return names.map((name) => ({ name, policy: documents[name] }))
}

function simulation(documents, request) {
  return {
    request: {
      principal: request.principal,
      action: request.action,
      resource: { resource: request.resource, accountId: request.account },
      contextVariables: request.context
    },
    identityPolicies: named(documents, request.identity),
    permissionBoundaryPolicies: request.boundary ? named(documents, [request.boundary]) : undefined,
    resourcePolicy: request.trust ? documents[request.trust] : undefined,
    serviceControlPolicies: [],
    resourceControlPolicies: []
  }
}

async function decide(documents, request) {
  const outcome = await runSimulation(simulation(documents, request), {})
  if (outcome.resultType === 'error') return { error: JSON.stringify(outcome.errors) }
  // A wildcard resource is decided pattern by pattern and would hide what one concrete request gets.
  if (outcome.resultType !== 'single') return { error: `${request.resource} is not one concrete resource` }
  const analysis = outcome.result.analysis
  return {
    allowed: outcome.overallResult === 'Allowed',
    by: (analysis.identityAnalysis?.allowStatements ?? []).map((statement) => statement.explain.identifier),
    ignored: outcome.result.ignoredContextKeys ?? []
  }
}

const { documents, requests } = await readStandardInput()
const verdicts = []
for (const request of requests) verdicts.push(await decide(documents, request))
process.stdout.write(JSON.stringify(verdicts))
