// Attaches the edge's own service to networks, and detaches it: the one thing that the agent changes in a Swarm.
// Owns the one update. Refuses every service but the one in the plan, and everything in it but its networks and the label.

import { addedNetworksLabel, type NetworkPlan } from '../core/edge-networks.ts'
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

export type NetworkUpdate = Extract<NetworkPlan, { readonly kind: 'update' }>

/** How much of a service's description is read. */
const serviceBytesMax = 4 * 1024 * 1024

/**
 * Carries out a plan in one update of the service.
 *
 * Resolves to false, with nothing done, where the service is no longer as it was when the plan was made: another agent
 * was quicker, or somebody changed it. The next snapshot says what is to do then.
 * @throws AgentError where the engine does not take it
 */
export async function attachNetworks(
  endpoint: DockerEndpoint,
  plan: NetworkUpdate,
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

/** The specification with other networks; everything else, aliases of networks that stay included, is as it was. */
function changedSpec(spec: Json, plan: NetworkUpdate): object {
  const template = objectAt(spec, 'TaskTemplate')
  const before = objectsAt(template, 'Networks')
  const networks = plan.networkIds.map(
    (id) => before.find((each) => textAt(each, 'Target') === id) ?? { Target: id },
  )
  return {
    ...spec,
    Labels: { ...objectAt(spec, 'Labels'), [addedNetworksLabel]: plan.addedIds.join(',') },
    TaskTemplate: { ...template, Networks: networks },
  }
}
