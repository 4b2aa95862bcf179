import Foundation
import KMSecurity
import KMSecurityTestSupport
import Synchronization

/// A credential source that records the callers whose credentials are looked up.
final class CountingCredentials: CredentialSource {
    private let byCaller: [Caller: [Credential]]
    private let asked = Mutex<[Caller]>([])

    init(_ byCaller: [Caller: [Credential]]) {
        self.byCaller = byCaller
    }

    var callers: [Caller] { asked.withLock { $0 } }

    func credentials(for caller: Caller) async throws -> [Credential] {
        asked.withLock { $0.append(caller) }
        return byCaller[caller] ?? []
    }
}

/// A replay guard that records claims and always gives the same answer.
final class CountingGuard: ReplayGuard {
    private let answer: ReplayClaim?
    private let requests = Mutex<[ReplayClaimRequest]>([])

    /// Creates a guard that gives `answer`, or throws if it is nil.
    init(_ answer: ReplayClaim?) {
        self.answer = answer
    }

    var claimed: [ReplayClaimRequest] { requests.withLock { $0 } }

    func claim(_ request: ReplayClaimRequest) async throws -> ReplayClaim {
        requests.withLock { $0.append(request) }
        guard let answer else { throw Outage(text: "the store said: \(request.key.text)") }
        return answer
    }
}

/// An error from outside the package, whose text must not be shown.
struct Outage: Error, CustomStringConvertible {
    let text: String

    var description: String { text }
}
