#if Sandbox
import Foundation
import HTTPTypes
import KMPrimitives
import KMSecurity
import KMWire

/// The first valid call: without it, no case says anything about the server.
///
/// If the server does not open it because of what the user gave, the test cannot be done, and the server is not at fault.
enum FirstCall {
    /// Runs the first case.
    ///
    /// - Returns: The finding, if the server is tested: it passed, or it failed on a call that it knows.
    /// - Throws: ``KMError`` `callNotSent`, `firstCallNotFound`, `firstCallRejected` or `testCardUnknown`, and the errors of
    ///   a call that cannot be made of the credentials.
    static func finding(_ session: Session, _ name: String) async throws -> Finding {
        let call = try session.maker.call()
        let (finding, reply) = await session.tries(call, keeping: (name, .documented, nil))
        guard case .failed(let observed, let fault) = finding else { return finding }
        switch reply {
        case .notSent(let detail): throw KMError(.callNotSent, fault ?? detail)
        case .response(let head, _):
            switch (head.status.code, reply.verdict) {
            case (404, _), (405, _), (300..<400, _):
                throw KMError(.firstCallNotFound, "the first call got \(observed): \(fault ?? "")")
            case (_, .rejected):
                // A server that accepts the other form knows the credentials, and has the fault that the case is for.
                let other = await session.tries(try session.maker.call(.message, .gateway))
                if case .passed = other.finding { return .failed(observed) }
                throw KMError(.firstCallRejected, rejection(head, observed))
            case (400..<500, .opened): throw KMError(.testCardUnknown, "the first call got \(observed)")
            default: return finding
            }
        case .closed, .timedOut, .tooLarge: return finding
        }
    }

    private static func rejection(_ head: HTTPResponse, _ observed: String) -> String {
        let clock =
            switch ClockDifference(head)?.seconds {
            case nil: "the answer has no Date header that says by how much"
            case .some(let seconds) where abs(seconds) <= ClockDifference.accuracy:
                "by the Date header of the answer, it does not"
            case .some(let seconds):
                "by the Date header of the answer, it is \(abs(seconds)) s \(seconds < 0 ? "behind" : "ahead of") this one"
            }
        return
            "the server rejected the first valid call: \(observed); it may not know these credentials, or its clock may "
            + "differ (\(clock)); no case was run"
    }
}

/// How much the server's clock differs from the tester's.
struct ClockDifference {
    /// The difference that a Date header, which has whole seconds, and the way of the answer explain.
    static let accuracy = 2

    /// The server's time minus the tester's, in seconds.
    let seconds: Int

    /// Reads the Date header of an answer that has just arrived; nil if there is none.
    init?(_ head: HTTPResponse) {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        guard let date = head.headerFields[.date].flatMap(formatter.date) else { return nil }
        seconds = Int(max(-1e12, min(1e12, date.timeIntervalSinceNow.rounded())))
    }
}

extension KMError.Code {
    /// The server rejected the first valid call of a test.
    static let firstCallRejected = Self("firstCallRejected")
    /// The server has no endpoint for the first call of a test at the given URL.
    static let firstCallNotFound = Self("firstCallNotFound")
    /// The server opened the first call of a test, and does not know the card in it.
    static let testCardUnknown = Self("testCardUnknown")
}
#endif
