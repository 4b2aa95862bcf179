internal import KMPrimitives
internal import Logging

/// Looks at a file again and again, until the task is cancelled.
///
/// - Parameters:
///   - interval: The time between two looks; up to 30 s while a look fails, because a wrong passphrase costs half a
///     second of a core each time.
///   - logger: The logger that receives each new fault at error level.
///   - message: The message about a fault.
///   - look: Reads the file if it has changed.
func follow(
    every interval: Duration,
    _ logger: Logger?,
    _ message: Logger.Message,
    _ look: () throws -> Void
) async {
    var lastFault = ""
    var wait = interval
    while !Task.isCancelled {
        do {
            try look()
            (lastFault, wait) = ("", interval)
        } catch {
            // An error of a caller's closure may quote its input: only its type is logged.
            let fault = error is KMError ? "\(error)" : "\(type(of: error))"
            if fault != lastFault { logger?.error(message, metadata: ["km.detail": "\(fault)"]) }
            (lastFault, wait) = (fault, min(max(wait * 2, interval), max(interval, .seconds(30))))
        }
        try? await Task.sleep(for: wait)
    }
}
