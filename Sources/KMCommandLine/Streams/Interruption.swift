internal import Glibc
internal import Synchronization

/// Notices Control-C and `kill` (SIGINT and SIGTERM), so that long commands can stop between lines.
package enum Interruption {
    private static let asked = Atomic<Bool>(false)
    private static let received = Atomic<Int32>(0)
    /// A pipe that the signal handler writes to, so that a thread that waits for input wakes up.
    private static let wakePipe: (read: Int32, write: Int32) = {
        var ends: InlineArray<2, Int32> = [-1, -1]
        var span = ends.mutableSpan
        let made = unsafe span.withUnsafeMutableBufferPointer { unsafe pipe($0.baseAddress) }
        guard made == 0 else { return (-1, -1) }
        // If a standard stream is closed, the pipe must not get its number.
        let moved = (read: fcntl(ends[0], F_DUPFD_CLOEXEC, 3), write: fcntl(ends[1], F_DUPFD_CLOEXEC, 3))
        close(ends[0])
        close(ends[1])
        return moved
    }()

    /// Whether a stop was requested.
    package static var isAsked: Bool { asked.load(ordering: .relaxed) }

    /// The signal that requested a stop, such as SIGINT; nil if there was none.
    package static var signalNumber: Int32? {
        let number = received.load(ordering: .relaxed)
        return number == 0 ? nil : number
    }

    /// The name of the signal that requested a stop.
    package static var signalName: String { signalNumber == SIGTERM ? "SIGTERM" : "SIGINT" }

    /// A descriptor that becomes readable when a stop is requested.
    package static var wakeDescriptor: Int32 { wakePipe.read }

    /// Calls `body` in a task that is cancelled when SIGINT or SIGTERM arrives.
    ///
    /// - Parameter body: The work.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, such as `CancellationError`.
    package static func cancelling<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        watch()
        let task = Task { try await body() }
        let watcher = Task {
            while !isAsked { try await Task.sleep(for: .milliseconds(50)) }
            task.cancel()
        }
        defer { watcher.cancel() }
        return try await task.value
    }

    /// Lets SIGINT and SIGTERM reach the calling thread, even if the process was started by a thread that blocks them.
    static func unblock() {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGINT)
        unsafe sigaddset(&signals, SIGTERM)
        unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// Starts to catch SIGINT and SIGTERM.
    ///
    /// The first signal requests a stop; the second one ends the process. A signal that the process was started to
    /// ignore stays ignored. SIGPIPE is ignored too: if the reader of a pipe has gone, the next write fails instead.
    package static func watch() {
        signal(SIGPIPE, SIG_IGN)
        guard wakePipe.write >= 0 else { return }
        for number in [SIGINT, SIGTERM] {
            var action = sigaction()
            action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
            unsafe action.__sigaction_handler.sa_handler = { number in
                Interruption.received.store(number, ordering: .relaxed)
                Interruption.asked.store(true, ordering: .relaxed)
                var byte: UInt8 = 1
                _ = unsafe write(Interruption.wakePipe.write, &byte, 1)
            }
            var former = sigaction()
            unsafe sigaction(number, nil, &former)
            if unsafe unsafeBitCast(former.__sigaction_handler.sa_handler, to: Int.self) == 1 { continue }
            unsafe sigaction(number, &action, nil)
        }
    }
}
