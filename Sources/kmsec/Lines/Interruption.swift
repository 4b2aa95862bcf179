import Glibc
import Synchronization

/// Whether the user asked to stop, by Control-C or `kill`.
enum Interruption {
    private static let asked = Atomic<Bool>(false)

    static var isAsked: Bool { asked.load(ordering: .relaxed) }

    /// From here on SIGINT and SIGTERM are heeded between lines, unless the process was started to ignore them.
    static func watch() {
        for number in [SIGINT, SIGTERM] {
            var action = sigaction()
            unsafe action.__sigaction_handler.sa_handler = { _ in Interruption.asked.store(true, ordering: .relaxed) }
            var former = sigaction()
            unsafe sigaction(number, nil, &former)
            if unsafe unsafeBitCast(former.__sigaction_handler.sa_handler, to: Int.self) == 1 { continue }
            unsafe sigaction(number, &action, nil)
        }
    }
}
