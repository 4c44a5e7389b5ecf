// DynamoDB for load: dynalite on a free loopback port, in memory, tables and indexes
// at once. It ends with the process that holds its standard input.
//
// Time to live, point-in-time recovery and protection against deletion, which dynalite
// does not have, are taken, and do nothing; an index can be made with its table only.
// What is asked of these is tested with ministack.
import http from 'node:http'
import dynalite from 'dynalite'

const tables = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
const [serve] = tables.listeners('request')
const kept = new Map() // a table's name and what was said of it

const of = (name) => {
  if (!kept.has(name)) kept.set(name, { live: { TimeToLiveStatus: 'DISABLED' }, recovery: { PointInTimeRecoveryStatus: 'DISABLED' } })
  return kept.get(name)
}
const backups = (name) => ({
  ContinuousBackupsDescription: { ContinuousBackupsStatus: 'ENABLED', PointInTimeRecoveryDescription: of(name).recovery },
})

const own = {
  UpdateTimeToLive: (question) => {
    const wanted = question.TimeToLiveSpecification
    of(question.TableName).live = { TimeToLiveStatus: wanted.Enabled ? 'ENABLED' : 'DISABLED', AttributeName: wanted.AttributeName }
    return { TimeToLiveSpecification: wanted }
  },
  DescribeTimeToLive: (question) => ({ TimeToLiveDescription: of(question.TableName).live }),
  UpdateContinuousBackups: (question) => {
    const on = question.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled
    of(question.TableName).recovery = { PointInTimeRecoveryStatus: on ? 'ENABLED' : 'DISABLED' }
    return backups(question.TableName)
  },
  DescribeContinuousBackups: (question) => backups(question.TableName),
}

// UpdateTable is for protection against deletion: dynalite refuses the other changes
// that are made here.
own.UpdateTable = (question) => {
  if (Object.keys(question).some((name) => name !== 'TableName' && name !== 'DeletionProtectionEnabled')) return null
  return { TableDescription: { TableName: question.TableName, TableStatus: 'ACTIVE', DeletionProtectionEnabled: question.DeletionProtectionEnabled } }
}

const server = http.createServer((request, response) => {
  const answer = own[(request.headers['x-amz-target'] ?? '').split('.')[1]]
  if (!answer) return serve(request, response)
  let text = ''
  request.on('data', (part) => (text += part))
  request.on('end', () => {
    const said = answer(JSON.parse(text))
    response.statusCode = said ? 200 : 400
    response.setHeader('content-type', 'application/x-amz-json-1.0')
    response.end(JSON.stringify(said ?? { __type: 'UnknownOperationException', message: 'the stand-in for load makes indexes with their table only' }))
  })
})
server.keepAliveTimeout = 75_000

process.stdin.resume()
process.stdin.on('end', () => process.exit())
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
