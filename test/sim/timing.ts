// How long each step of the simulated Swarm takes.
// Owns the one table of times. Refuses times that a service's own specification carries (restart delay, stop grace,
// update delay and monitor): those win over the defaults here.

/** All times in milliseconds. */
export type Timing = {
  /** From a service's creation or network change to the commit of its virtual addresses. */
  readonly vipDelayMs: number
  /** NEW to PENDING: the task gets its addresses. */
  readonly allocateMs: number
  /** PENDING to ASSIGNED: the task gets its node. */
  readonly scheduleMs: number
  /** Until a node hears of a change: the dispatcher sends changes in batches of up to 100 ms. */
  readonly dispatchMs: number
  /** PREPARING to READY: the image is there. */
  readonly prepareMs: number
  /** STARTING to RUNNING, for a task without a health check. */
  readonly startMs: number
  /** How often a task's health is looked at while it waits in STARTING, and afterwards. */
  readonly healthIntervalMs: number
  /**
   * From the moment a task is taken out of the VIPs to its SIGTERM; hard-coded to 2 s in SwarmKit's executor. (A real
   * engine was measured to take another second; the shorter warning is the harder case.)
   */
  readonly stopDelayMs: number
  /** From SIGTERM to SIGKILL, where the service names no stop grace period. */
  readonly stopGraceMs: number
  /** From a process's end to its state in the store. */
  readonly exitReportMs: number
  /** From a task's end to its replacement's start, where the service names no restart delay. */
  readonly restartDelayMs: number
  /** How long a finished rolling update is watched for failures, where the service names no monitor. */
  readonly updateMonitorMs: number
  /** From a node's death to its state "down"; its tasks still say running until then. */
  readonly nodeDownMs: number
}

/** As a real Swarm behaves (swarm.md measured it; restart delay and monitor are SwarmKit's defaults). */
export const realTiming: Timing = {
  vipDelayMs: 50,
  allocateMs: 30,
  scheduleMs: 70,
  dispatchMs: 100,
  prepareMs: 300,
  startMs: 400,
  healthIntervalMs: 1000,
  stopDelayMs: 2000,
  stopGraceMs: 10_000,
  exitReportMs: 110,
  restartDelayMs: 5000,
  updateMonitorMs: 5000,
  nodeDownMs: 15_000,
}

/** The same order of events in a fraction of the time. */
export const fastTiming: Timing = {
  vipDelayMs: 5,
  allocateMs: 5,
  scheduleMs: 5,
  dispatchMs: 5,
  prepareMs: 10,
  startMs: 10,
  healthIntervalMs: 10,
  stopDelayMs: 300,
  stopGraceMs: 1000,
  exitReportMs: 10,
  restartDelayMs: 100,
  updateMonitorMs: 50,
  nodeDownMs: 200,
}
