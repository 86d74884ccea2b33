// kith as a subgraph beside a second one, composed by Apollo's composition, under two gateways.
import { strict as assert } from 'node:assert'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import composition from '@apollo/composition'
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime'
import { parse } from 'graphql'
import { createYoga } from 'graphql-yoga'

const kith = `${process.env.KITH_TEST_URL}/graphql`

async function ask(query, variables, headers) {
  const answer = await fetch(kith, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify({ query, variables }) })
  return answer.json()
}

// The second subgraph knows users by their ids alone, and says more of them.
const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
  type Review { text: String! author: User! about: Post }
  type User @key(fields: "id") { id: ID! reviews: [Review!]! }
  type Post @key(fields: "id", resolvable: false) { id: ID! }
  type Query { reviews: [Review!]! }
`)

let reviews = [], users = [], ada, supergraph, server, requests = 0
const gateways = {}

before(async () => {
  const { data } = await ask('{ users(first: 3) { nodes { id username posts(first: 1) { nodes { id title } } } } }')
  users = data.users.nodes
  reviews = [
    ...users.map(({ id, posts }, i) => ({ text: `Review ${i}`, author: { __typename: 'User', id }, about: posts.nodes[0] && { __typename: 'Post', id: posts.nodes[0].id } })),
    { text: 'A post that is gone', author: { __typename: 'User', id: users[0].id }, about: { __typename: 'Post', id: users[0].id } },
  ]
  const resolvers = {
    Query: { reviews: () => reviews },
    User: { __resolveReference: ({ id }) => ({ __typename: 'User', id }), reviews: ({ id }) => reviews.filter(r => r.author.id === id) },
  }
  server = createServer(createYoga({ schema: buildSubgraphSchema([{ typeDefs, resolvers }]), logging: false }))
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const { data: service } = await ask('query SubgraphIntrospectQuery { _service { sdl } }')
  const composed = composition.composeServices([
    { name: 'kith', url: kith, typeDefs: parse(service._service.sdl) },
    { name: 'reviews', url: `http://127.0.0.1:${server.address().port}/graphql`, typeDefs },
  ])
  assert.deepEqual((composed.errors ?? []).map(String), [])
  supergraph = composed.supergraphSdl
  const { data: login } = await ask('mutation { logIn(input: {username: "ada", password: "demo-password"}) { session { accessToken viewer { address { emailAddress } } } } }')
  ada = login.logIn.session

  const apollo = new ApolloGateway({
    supergraphSdl: supergraph,
    buildService: ({ url }) => new (class extends RemoteGraphQLDataSource {
      willSendRequest({ request, context }) {
        if (url === kith) requests++
        if (context.authorization) request.http.headers.set('authorization', context.authorization)
      }
    })({ url }),
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  })
  const { executor, schema } = await apollo.load()
  gateways['@apollo/gateway'] = {
    ask: (query, authorization) => executor({ document: parse(query), request: { query, http: { headers: new Map() } }, queryHash: query, operationName: null, context: { authorization }, schema, cache: new Map(), metrics: {}, overallCachePolicy: { restrict() {} } }),
    stop: () => apollo.stop(),
  }
  const hive = createGatewayRuntime({
    supergraph, logging: false, maskedErrors: false,
    propagateHeaders: { fromClientToSubgraphs: ({ request }) => ({ authorization: request.headers.get('authorization') ?? undefined }) },
    plugins: () => [{ onFetch({ url }) { if (url === kith) requests++ } }],
  })
  gateways['@graphql-hive/gateway'] = {
    ask: async (query, authorization) => (await hive.fetch('http://gateway/graphql', {
      method: 'POST', headers: { 'Content-Type': 'application/json', ...(authorization && { authorization }) }, body: JSON.stringify({ query }),
    })).json(),
    stop: () => hive[Symbol.asyncDispose](),
  }
})

after(async () => {
  for (const gateway of Object.values(gateways)) await gateway.stop()
  server.close()
  server.closeAllConnections()
})

for (const name of ['@apollo/gateway', '@graphql-hive/gateway']) {
  const answer = async (query, authorization) => JSON.parse(JSON.stringify(await gateways[name].ask(query, authorization)))

  test(`${name}: from kith to the other`, async () => {
    const { data, errors } = await answer('{ users(first: 3) { nodes { username reviews { text } } } }')
    assert.equal(errors, undefined)
    assert.deepEqual(data.users.nodes.map(u => [u.username, u.reviews[0].text]), users.map((u, i) => [u.username, `Review ${i}`]))
  })

  test(`${name}: from the other to kith, all at once`, async () => {
    requests = 0
    const { data, errors } = await answer('{ reviews { text author { username profile { fullName } } about { title author { username } } } }')
    // The post that is gone is null; a gateway may say why, in its own words.
    assert.equal(data.reviews[3].about, null)
    for (const { message, path } of errors ?? []) assert.match(`${message} at ${path}`, /Post\.title.* at reviews,3,/)
    assert.deepEqual(data.reviews.slice(0, 3).map(r => r.author.username), users.map(u => u.username))
    assert.deepEqual(data.reviews.slice(0, 3).map(r => r.about?.title), users.map(u => u.posts.nodes[0]?.title))
    assert.ok(requests <= 2, `${requests} requests for users and posts`)
  })

  test(`${name}: who asks, and what they see`, async () => {
    const query = '{ viewer { username address { emailAddress } reviews { text } } reviews { author { username address { emailAddress } } } }'
    const nobody = await answer(query)
    assert.equal(nobody.data.viewer, null)
    assert.deepEqual(nobody.data.reviews.map(r => r.author.address), reviews.map(() => null))
    const { data } = await answer(query, `Bearer ${ada.accessToken}`)
    assert.equal(data.viewer.username, 'ada')
    assert.deepEqual(data.viewer.address, ada.viewer.address)
    for (const { author } of data.reviews) assert.deepEqual(author.address, author.username === 'ada' ? ada.viewer.address : null)
  })

  test(`${name}: a mutation`, async () => {
    const { data, errors } = await answer(`mutation { createTag(input: {name: "by ${name}"}) { tag { name } userErrors { code } } }`, `Bearer ${ada.accessToken}`)
    assert.equal(errors, undefined)
    assert.deepEqual(data.createTag, { tag: { name: `by ${name}` }, userErrors: [] })
  })
}
