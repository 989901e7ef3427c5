// What the simulated engine says about itself, and how it shows networks.
// Owns /version, /info and the network resource. Says plainly, wherever a client looks, that it is no real engine.

import type { Network } from './objects.ts'
import type { Store } from './store.ts'

export const apiVersion = '1.47'
export const engineVersion = 'tidegate-simulated-swarm'
export const notice = 'simulated Swarm of Tidegate, for trying and testing only'

export function versionOf(): unknown {
  const details = { ApiVersion: apiVersion, MinAPIVersion: '1.24', Os: 'linux', Arch: process.arch }
  return {
    Platform: { Name: notice },
    Components: [{ Name: 'Engine', Version: engineVersion, Details: details }],
    Version: engineVersion,
    ApiVersion: apiVersion,
    MinAPIVersion: '1.24',
    GitCommit: '',
    GoVersion: '',
    Os: process.platform,
    Arch: process.arch,
    KernelVersion: '',
  }
}

/** As on the first manager of the Swarm. `swarm` says whether this node is a manager at all; `trustRoot` is a certificate. */
export function infoOf(
  store: Store,
  swarm: 'manager' | 'worker' | 'inactive' = 'manager',
  trustRoot?: string,
): unknown {
  const nodes = store.list('node')
  const managers = nodes.filter((node) => node.Spec.Role === 'manager')
  const self = managers.find((node) => node.ManagerStatus?.Leader === true)
  const isManager = swarm === 'manager'
  return {
    ID: '00000000-0000-0000-0000-000000000000',
    Name: self?.Description.Hostname ?? '',
    ServerVersion: engineVersion,
    OperatingSystem: notice,
    OSType: 'linux',
    Architecture: process.arch,
    Containers: 0,
    Images: 0,
    Driver: 'none',
    Plugins: {
      Volume: ['local'],
      Network: ['bridge', 'host', 'null', 'overlay'],
      Authorization: null,
      Log: [],
    },
    Labels: ['simulated=true'],
    ExperimentalBuild: false,
    Warnings: [notice],
    Swarm: {
      NodeID: swarm === 'inactive' ? '' : (self?.ID ?? ''),
      NodeAddr: self?.Status.Addr ?? '',
      LocalNodeState: swarm === 'inactive' ? 'inactive' : 'active',
      ControlAvailable: isManager,
      Error: '',
      RemoteManagers: isManager
        ? managers.map((node) => ({ NodeID: node.ID, Addr: node.ManagerStatus?.Addr ?? '' }))
        : null,
      ...(isManager && {
        Nodes: nodes.length,
        Managers: managers.length,
        Cluster: clusterOf(store, trustRoot),
      }),
    },
  }
}

function clusterOf(store: Store, trustRoot: string | undefined): unknown {
  const created = store.list('node')[0]?.CreatedAt ?? ''
  return {
    ID: 'simulatedcluster000000000',
    Version: { Index: 10 },
    CreatedAt: created,
    UpdatedAt: created,
    Spec: { Name: 'default', Labels: {}, Orchestration: { TaskHistoryRetentionLimit: 5 } },
    RootRotationInProgress: false,
    DataPathPort: 4789,
    ...(trustRoot !== undefined && { TLSInfo: { TrustRoot: trustRoot } }),
  }
}

/** A network as `/networks` shows it: another shape than the one in tasks. */
export function networkResource(network: Network) {
  return {
    Name: network.Spec.Name,
    Id: network.ID,
    Created: network.CreatedAt,
    Scope: 'swarm',
    Driver: 'overlay',
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: { Driver: 'default', Options: null, Config: network.IPAMOptions.Configs },
    Internal: false,
    Attachable: network.Spec.Attachable === true,
    Ingress: network.Spec.Ingress === true,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: null,
    Options: null,
    Labels: network.Spec.Labels,
  }
}

/** The networks that every engine has for itself. */
export function localNetworks() {
  return (['bridge', 'host', 'none'] as const).map((name) => ({
    Name: name,
    Id: name.padEnd(64, '0'),
    Created: '2020-01-01T00:00:00Z',
    Scope: 'local',
    Driver: name === 'none' ? 'null' : name,
    EnableIPv6: false,
    IPAM: { Driver: 'default', Options: null, Config: [] },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: {},
    Options: {},
    Labels: {},
  }))
}
