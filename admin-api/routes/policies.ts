import { Type } from 'typebox'
import { type Api, granted, locationOf, singlePage, splitQuery } from '../api.ts'
import { policiesTag, type Services } from '../../services/index.ts'
import {
  checkQuery, HostGroup, HostGroupBody, HostGroupPage, List, ListChange, ListCreation, ListPage, listParams, PauseBody, pauseInputOf, PausePage,
  PoliciesInput, PolicyCheck, PolicyPage, Rule, RuleCreation, RulePage, ruleParams, ruleQuery, withListDefaults, withPolicyDefaults, withRuleDefaults,
} from '../schemas/policies.ts'

const tags = ['policies']
/** A list that is typed in, with its escapes. */
const LARGEST_LIST_BYTES = 1024 * 1024
const NO_CONTENT = { 204: Type.Null({ description: 'It is gone.' }) }

/** RFC 9110 §13.1.1: entity tags are quoted, and "*" is any. */
const tagOf = (header: string | undefined): string | undefined => (header === '*' ? undefined : header?.trim().replace(/^"(.*)"$/, '$1'))

export function policyRoutes(app: Api, services: Services): void {
  lists(app, services)
  rules(app, services)
  policies(app, services)
  groups(app, services)
  pauses(app, services)
}

function lists(app: Api, services: Services): void {
  app.get(
    '/dns/lists',
    {
      schema: {
        operationId: 'listLists',
        tags,
        summary: 'All lists of names',
        description: 'As one page, with what became of each.',
        response: { 200: ListPage },
      },
    },
    async () => singlePage(granted(await services.policies.listLists())),
  )

  app.post(
    '/dns/lists',
    {
      bodyLimit: LARGEST_LIST_BYTES,
      schema: {
        operationId: 'addList',
        tags,
        summary: 'Add a list',
        description: 'What is typed in counts when this is answered. A URL and a file are fetched at once; look for "state". A list says nothing until a policy names it.',
        body: ListCreation,
        response: { 201: List },
      },
    },
    async (request, reply) => {
      const added = granted(await services.policies.addList(withListDefaults(request.body)))
      return reply.code(201).header('location', locationOf('dns', 'lists', added.name)).send(added)
    },
  )

  app.get(
    '/dns/lists/:name',
    {
      schema: {
        operationId: 'getList',
        tags,
        summary: 'One list',
        description: 'As it is now.',
        params: listParams,
        response: { 200: List },
      },
    },
    async request => granted(await services.policies.getList(request.params.name)),
  )

  app.patch(
    '/dns/lists/:name',
    {
      bodyLimit: LARGEST_LIST_BYTES,
      schema: {
        operationId: 'changeList',
        tags,
        summary: 'Change a list',
        description: 'Fields that are left out stay as they are. Of a new place the content of the old one counts until the first comes from there.',
        params: listParams,
        body: ListChange,
        response: { 200: List },
      },
    },
    async request => granted(await services.policies.changeList(request.params.name, request.body)),
  )

  app.delete(
    '/dns/lists/:name',
    {
      schema: {
        operationId: 'removeList',
        tags,
        summary: 'Remove a list',
        description: 'With its content. One that a policy names stays.',
        params: listParams,
        response: NO_CONTENT,
      },
    },
    async (request, reply) => reply.code(204).send(granted(await services.policies.removeList(request.params.name))),
  )

  app.post(
    '/dns/lists/:name/refresh',
    {
      schema: {
        operationId: 'refreshList',
        tags,
        summary: 'Fetch a list now',
        description: 'Answered when its content counts, or after some seconds. When it cannot be fetched, the old content stays, and "lastFailure" says why.',
        params: listParams,
        response: { 200: List },
      },
    },
    async request => granted(await services.policies.refreshList(request.params.name)),
  )
}

function rules(app: Api, services: Services): void {
  app.get(
    '/dns/rules',
    {
      schema: {
        operationId: 'listRules',
        tags,
        summary: 'Rules for single domains',
        description: 'In the order in which they were made.',
        querystring: ruleQuery,
        response: { 200: RulePage },
      },
    },
    async request => {
      const { filter, paging } = splitQuery(request.query)
      return granted(await services.policies.listRules(filter, paging))
    },
  )

  app.post(
    '/dns/rules',
    {
      schema: {
        operationId: 'addRule',
        tags,
        summary: 'Block or allow a domain',
        description: 'With all names below it, before every list, from the next query on.',
        body: RuleCreation,
        response: { 201: Rule },
      },
    },
    async (request, reply) => {
      const added = granted(await services.policies.addRule(withRuleDefaults(request.body)))
      return reply.code(201).send(added)
    },
  )

  app.delete(
    '/dns/rules/:id',
    {
      schema: {
        operationId: 'removeRule',
        tags,
        summary: 'Remove a rule',
        description: 'It counts no longer from the next query on.',
        params: ruleParams,
        response: NO_CONTENT,
      },
    },
    async (request, reply) => reply.code(204).send(granted(await services.policies.removeRule(request.params.id))),
  )
}

function policies(app: Api, services: Services): void {
  app.get(
    '/dns/policies',
    {
      schema: {
        operationId: 'listPolicies',
        tags,
        summary: 'All policies',
        description: 'In their order, as one page: of those that fit a client, the first whose time it is counts.',
        response: { 200: PolicyPage },
      },
    },
    async (_request, reply) => {
      const policies = granted(await services.policies.listPolicies())
      return reply.header('etag', `"${policiesTag(policies)}"`).send(singlePage(policies))
    },
  )

  app.put(
    '/dns/policies',
    {
      schema: {
        operationId: 'setPolicies',
        tags,
        summary: 'Say which policies there are',
        description:
          'All of them in their order, instead of those before. The last one is called "default" and is for everybody. With ' +
          'the header If-Match and the ETag of the list, it is done only while the policies are still those.',
        headers: Type.Object({ 'if-match': Type.Optional(Type.String({ description: 'The ETag that the policies must have.', examples: ['"rZ3v0kq"'] })) }),
        body: PoliciesInput,
        response: { 200: PolicyPage },
      },
    },
    async ({ body, headers }, reply) => {
      const ifTag = tagOf(headers['if-match'])
      const policies = granted(await services.policies.setPolicies(body.policies.map(withPolicyDefaults), ifTag))
      return reply.header('etag', `"${policiesTag(policies)}"`).send(singlePage(policies))
    },
  )

  app.get(
    '/dns/policy/check',
    {
      schema: {
        operationId: 'checkName',
        tags,
        summary: 'What would be decided of a question',
        description: 'Nothing is asked and nothing changes. What servers would answer is not known here, so rules about addresses in answers do not show.',
        querystring: checkQuery,
        response: { 200: PolicyCheck },
      },
    },
    async request => {
      const { name, type = 'A', client = '0.0.0.0' } = request.query
      return granted(await services.policies.checkName(name, type, client))
    },
  )
}

function groups(app: Api, services: Services): void {
  app.get(
    '/dns/host-groups',
    {
      schema: {
        operationId: 'listHostGroups',
        tags,
        summary: 'All host groups',
        description: 'As one page, with the addresses that their members have now.',
        response: { 200: HostGroupPage },
      },
    },
    async () => singlePage(granted(await services.policies.listHostGroups())),
  )

  app.put(
    '/dns/host-groups/:name',
    {
      schema: {
        operationId: 'putHostGroup',
        tags,
        summary: 'Say who is in a host group',
        description: 'It is made if there is none of that name. Members are followed as their leases begin, end and move.',
        params: listParams,
        body: HostGroupBody,
        response: { 200: HostGroup },
      },
    },
    async request => granted(await services.policies.putHostGroup(request.params.name, { comment: null, ...request.body })),
  )

  app.delete(
    '/dns/host-groups/:name',
    {
      schema: {
        operationId: 'removeHostGroup',
        tags,
        summary: 'Remove a host group',
        description: 'One that a policy is for stays.',
        params: listParams,
        response: NO_CONTENT,
      },
    },
    async (request, reply) => reply.code(204).send(granted(await services.policies.removeHostGroup(request.params.name))),
  )
}

function pauses(app: Api, services: Services): void {
  app.get(
    '/dns/policy/pause',
    {
      schema: {
        operationId: 'listPauses',
        tags,
        summary: 'What is paused',
        description: 'As one page; none: lists count as they should.',
        response: { 200: PausePage },
      },
    },
    async () => singlePage(granted(await services.policies.listPauses())),
  )

  app.post(
    '/dns/policy/pause',
    {
      schema: {
        operationId: 'pausePolicy',
        tags,
        summary: 'Block nothing for a while',
        description: 'For everybody or those of one policy, from the next query on. It ends by itself, also after a restart; with "resume" it ends now.',
        body: PauseBody,
        response: { 200: PausePage },
      },
    },
    async request => {
      const { resume = false, ...input } = request.body
      const { policy } = pauseInputOf(input)
      return singlePage(granted(await (resume ? services.policies.resumePolicy(policy) : services.policies.pausePolicy(pauseInputOf(input)))))
    },
  )
}
