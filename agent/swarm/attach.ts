// Gives the edge's own service networks, secrets and configs, and takes them back: the one thing that the agent changes in
// a Swarm. Owns the one update. Refuses every service but the one in the plan, and everything in it but these three lists
// and the labels that say what an agent added.

import { addedConfigsLabel, addedSecretsLabel, type MountChange } from '../core/edge-mounts.ts'
import { addedNetworksLabel } from '../core/edge-networks.ts'
import type { EdgeUpdate } from '../core/edge-plan.ts'
import type { Mounted } from '../core/snapshot.ts'
import { createDocker, type Docker } from '../docker/docker.ts'
import { type DockerEndpoint, endpointText } from '../docker/endpoint.ts'
import {
  hasObject,
  integerAt,
  type Json,
  neededObject,
  objectAt,
  objectsAt,
  textAt,
} from '../docker/json-read.ts'
import { badReply } from '../docker/trouble.ts'

/** How much of a service's description is read. */
const serviceBytesMax = 4 * 1024 * 1024

/**
 * Carries out a plan in one update of the service.
 *
 * Resolves to false, with nothing done, where the service is no longer as it was when the plan was made: another agent
 * was quicker, or somebody changed it. The next snapshot says what is to do then.
 * @throws AgentError where the engine does not take it
 */
export async function updateEdge(
  endpoint: DockerEndpoint,
  plan: EdgeUpdate,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const docker = createDocker({ endpoint, deadlineMs, listBytesMax: serviceBytesMax })
  try {
    const service = await inspect(docker, endpoint, plan.serviceId, signal)
    if (integerAt(objectAt(service, 'Version'), 'Index') !== plan.version) return false
    const change = {
      path: `/services/${plan.serviceId}/update`,
      query: { version: String(plan.version) },
      body: changedSpec(objectAt(service, 'Spec'), plan),
    }
    await docker.post(change, signal)
    return true
  } finally {
    docker.close()
  }
}

async function inspect(
  docker: Docker,
  endpoint: DockerEndpoint,
  id: string,
  signal: AbortSignal,
): Promise<Json> {
  const path = `/services/${id}`
  const body = await docker.get({ path }, Buffer.alloc(0), signal)
  try {
    const service = neededObject(JSON.parse(body.toString('utf8')))
    if (hasObject(service, 'Spec') && hasObject(service, 'Version')) return service
  } catch (cause) {
    throw badReply(endpoint, `GET ${path}`, 'what is no service', cause)
  }
  throw badReply(endpoint, `GET ${path}`, `what is no service, from ${endpointText(endpoint)}`, undefined)
}

/** The specification with other lists; everything else, aliases of networks that stay included, is as it was. */
function changedSpec(spec: Json, plan: EdgeUpdate): object {
  const template = objectAt(spec, 'TaskTemplate')
  const before = objectsAt(template, 'Networks')
  const networks = plan.networkIds.map(
    (id) => before.find((each) => textAt(each, 'Target') === id) ?? { Target: id },
  )
  return {
    ...spec,
    Labels: changedLabels(objectAt(spec, 'Labels'), plan),
    TaskTemplate: {
      ...template,
      ContainerSpec: changedContainer(objectAt(template, 'ContainerSpec'), plan),
      Networks: networks,
    },
  }
}

function changedLabels(labels: Json, plan: EdgeUpdate): Json {
  const { [addedSecretsLabel]: _, [addedConfigsLabel]: __, ...others } = labels
  const { secrets, configs } = plan
  return {
    ...others,
    [addedNetworksLabel]: plan.addedIds.join(','),
    ...(secrets.addedIds.length > 0 && { [addedSecretsLabel]: secrets.addedIds.join(',') }),
    ...(configs.addedIds.length > 0 && { [addedConfigsLabel]: configs.addedIds.join(',') }),
  }
}

function changedContainer(container: Json, { secrets, configs }: EdgeUpdate): Json {
  const { Secrets: _, Configs: __, ...others } = container
  return {
    ...others,
    ...changedList(container, 'Secret', secrets),
    ...changedList(container, 'Config', configs),
  }
}

/** A list that was there stays there, be it empty; another one appears when there is something in it. */
function changedList(container: Json, kind: 'Secret' | 'Config', { add, remove }: MountChange): Json {
  const before = objectsAt(container, `${kind}s`)
  const isRemoved = (reference: Json) =>
    remove.some(({ id, file }) => {
      return textAt(reference, `${kind}ID`) === id && textAt(objectAt(reference, 'File'), 'Name') === file
    })
  const after = [...before.filter((reference) => !isRemoved(reference)), ...add.map(referenceTo(kind))]
  return after.length === 0 && !Array.isArray(container[`${kind}s`]) ? {} : { [`${kind}s`]: after }
}

// Only the agent reads them, which is root: what is in them is a key, mostly.
function referenceTo(kind: 'Secret' | 'Config') {
  return ({ id, name, file }: Mounted): Json => ({
    File: { Name: file, UID: '0', GID: '0', Mode: 0o400 },
    [`${kind}ID`]: id,
    [`${kind}Name`]: name,
  })
}
