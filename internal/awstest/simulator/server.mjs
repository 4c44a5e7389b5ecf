// Answers questions about policies: iam-simulate behind HTTP on a free loopback port.
// It ends with the process that holds its standard input. Simulator in
// ../simulator.go has the form of questions and answers.
import http from 'node:http'
import { runSimulation } from '@cloud-copilot/iam-simulate'

const named = (policies) => (policies ?? []).map((policy, i) => ({ name: `p${i}`, policy }))

async function judge(question) {
  const simulation = {
    request: {
      principal: question.principal,
      action: question.action,
      resource: { resource: question.resource, accountId: question.account },
      contextVariables: question.context ?? {},
    },
    identityPolicies: named(question.identity),
    serviceControlPolicies: (question.serviceControl ?? []).map((policies, i) => ({ orgIdentifier: `level${i}`, policies: named(policies) })),
    resourceControlPolicies: [],
  }
  if (question.resourcePolicy) simulation.resourcePolicy = question.resourcePolicy
  if (question.sessionPolicy) simulation.sessionPolicy = question.sessionPolicy
  if (question.boundary) simulation.permissionBoundaryPolicies = named([question.boundary])
  const answer = await runSimulation(simulation, {})
  if (answer.errors) return { error: JSON.stringify(answer.errors) }
  // What the action does not have as a context key says nothing: a mistake of who asks.
  const ignored = answer.result?.ignoredContextKeys ?? []
  if (ignored.length > 0) return { error: `${question.action} has no context key ${ignored.join(', ')}` }
  return { verdict: answer.overallResult }
}

const server = http.createServer(async (request, response) => {
  let answer
  try {
    let text = ''
    for await (const part of request) text += part
    answer = await judge(JSON.parse(text))
  } catch (error) {
    answer = { error: String(error) }
  }
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(answer))
})

process.stdin.resume()
process.stdin.on('end', () => process.exit())
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
