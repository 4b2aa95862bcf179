import KMTestSupport
import Testing

/// Calls what may throw, and looks at all that the errors and the values print.
final class ErrorWatch {
    private(set) var callCount = 0
    private(set) var errorCount = 0
    /// What was looked at: most errors are one of a few.
    private var seen = Set<String>()

    /// Runs `body` and looks at what it throws, or at what it returns, nil for what is not to be printed.
    func watch(_ name: String, _ body: () throws -> Any?) {
        callCount += 1
        do {
            if let value = try body() { look(name, [String(describing: value), String(reflecting: value)]) }
        } catch {
            take(name, error)
        }
    }

    /// The asynchronous one.
    func watch(_ name: String, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Any?) async {
        callCount += 1
        do {
            if let value = try await body() { look(name, [String(describing: value), String(reflecting: value)]) }
        } catch {
            take(name, error)
        }
    }

    private func take(_ name: String, _ error: any Error) {
        errorCount += 1
        guard seen.insert("\(name) \(error)").inserted else { return }
        look(name, printings(ofError: error))
    }

    private func look(_ name: String, _ texts: [String]) {
        guard showsCardNumber(texts) else { return }
        Issue.record("\(name) shows it: \(texts.first ?? "")")
    }
}
