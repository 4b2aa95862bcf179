#if AsyncHTTPClient
@testable import KMAsyncHTTPClient
import Synchronization
import Testing

@Suite("Deadlines of calls") struct DeadlineWatchTests {
    @Test("Each overdue task is canceled, in whatever order the deadlines were added")
    func order() async throws {
        let watch = DeadlineWatch()
        let now = ContinuousClock.now
        let calls = [30_000, 300, 30_000, 50, 200, 0, 120, 50].map { milliseconds in
            let task = Task { try await Task.sleep(for: .seconds(600)) }
            let deadline = now + .milliseconds(milliseconds)
            return (task: task, entry: watch.start(deadline) { task.cancel() }, deadline: deadline)
        }
        for call in calls where call.deadline < now + .seconds(20) {
            await #expect(throws: CancellationError.self) { try await call.task.value }
            #expect(ContinuousClock.now >= call.deadline)
            #expect(watch.end(call.entry))
        }
        for call in calls where call.deadline > now + .seconds(20) {
            #expect(!watch.end(call.entry))
            #expect(!call.task.isCancelled)
            call.task.cancel()
        }
    }

    @Test("A task that ended in time is not canceled, and the next deadline still is")
    func ended() async throws {
        let watch = DeadlineWatch()
        let cancelCount = Mutex(0)
        let early = watch.start(.now + .milliseconds(20)) { cancelCount.withLock { $0 += 1 } }
        #expect(!watch.end(early))
        let task = Task { try await Task.sleep(for: .seconds(600)) }
        let entry = watch.start(.now + .milliseconds(60)) { task.cancel() }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(watch.end(entry))
        #expect(cancelCount.withLock { $0 } == 0)
    }

    @Test("A released watch cancels nothing more and leaves no task behind")
    func released() async throws {
        let cancelCount = Mutex(0)
        weak var released: DeadlineWatch?
        do {
            let watch = DeadlineWatch()
            released = watch
            _ = watch.start(.now + .milliseconds(50)) { cancelCount.withLock { $0 += 1 } }
        }
        #expect(released == nil)
        try await Task.sleep(for: .milliseconds(150))
        #expect(cancelCount.withLock { $0 } == 0)
    }
}
#endif
