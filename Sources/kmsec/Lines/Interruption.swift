import Glibc
import Synchronization

/// Whether the user asked to stop, by Control-C or `kill`.
enum Interruption {
    private static let asked = Atomic<Bool>(false)
    /// A pipe whose other end the signal writes to: who waits for input, on whatever thread, wakes up.
    private static let wakePipe: (read: Int32, write: Int32) = {
        var ends: InlineArray<2, Int32> = [-1, -1]
        var span = ends.mutableSpan
        let made = unsafe span.withUnsafeMutableBufferPointer { unsafe pipe($0.baseAddress) }
        guard made == 0 else { return (-1, -1) }
        // Where a standard stream is closed, the pipe must not take its number.
        let moved = (read: fcntl(ends[0], F_DUPFD_CLOEXEC, 3), write: fcntl(ends[1], F_DUPFD_CLOEXEC, 3))
        close(ends[0])
        close(ends[1])
        return moved
    }()

    static var isAsked: Bool { asked.load(ordering: .relaxed) }

    /// Can be read when somebody asked to stop.
    static var wakeDescriptor: Int32 { wakePipe.read }

    /// From here on SIGINT and SIGTERM are heeded between lines, unless the process was started to ignore them; the second
    /// one ends the process.
    ///
    /// A reader that went away is an error of the next write, and no signal.
    static func watch() {
        signal(SIGPIPE, SIG_IGN)
        guard wakePipe.write >= 0 else { return }
        for number in [SIGINT, SIGTERM] {
            var action = sigaction()
            action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
            unsafe action.__sigaction_handler.sa_handler = { _ in
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
