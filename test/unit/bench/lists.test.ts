import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readService, readTask } from '../../../agent/swarm/read-element.ts'
import { listAfter, swarmBytes } from '../../bench/change/lists.ts'

const fixtures = join(import.meta.dirname, '../../fixtures/docker-api')
const bytes = swarmBytes(fixtures, { tasks: 40, services: 4 })

function parsed(list: Buffer | undefined): readonly unknown[] {
  const json: unknown = JSON.parse(list?.toString() ?? '')
  return Array.isArray(json) ? json : []
}

const taskIds = (list: Buffer | undefined) => parsed(list).map((each) => readTask(each).task.id)

describe('swarmBytes', () => {
  it('differs by one task from each list to the next', () => {
    for (let step = 0; step < 30; step += 1) {
      const before = taskIds(bytes.taskLists[listAfter(step)])
      const after = taskIds(bytes.taskLists[listAfter(step + 1)])
      expect(after.filter((id) => !before.includes(id))).toHaveLength(1)
      expect(after).toHaveLength(40)
    }
  })

  it('spreads the tasks evenly over services that the agent publishes', () => {
    const services = parsed(bytes.services).map(readService)
    const tasks = parsed(bytes.taskLists[0]).map((each) => readTask(each).task)
    for (const { id } of services) expect(tasks.filter((task) => task.serviceId === id)).toHaveLength(10)
    expect(services.map(({ labels }) => labels['com.docker.lb.hosts']).sort()).toEqual(
      [0, 1, 2, 3].map((index) => `s000${index}.example.test`),
    )
  })

  it('lists tasks by id, as the engine does', () => {
    const ids = taskIds(bytes.taskLists[3])
    expect(ids).toEqual(ids.toSorted())
  })
})
