import KMTestSupport
import Testing

/// Calls functions that may throw, and searches what their errors and results print for card numbers.
final class ErrorWatch {
    private(set) var callCount = 0
    private(set) var errorCount = 0
    /// The errors that were searched already, since most errors are repeated.
    private var seen = Set<String>()

    /// Runs `body` and searches the error that it throws or the value that it returns; nil is not searched.
    func watch(_ name: String, _ body: () throws -> Any?) {
        callCount += 1
        do {
            if let value = try body() { look(name, [String(describing: value), String(reflecting: value)]) }
        } catch {
            take(name, error)
        }
    }

    /// Runs an asynchronous `body` and searches its error or its value; nil is not searched.
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
        Issue.record("\(name) shows a card number: \(texts.first ?? "")")
    }
}
