#if Sandbox
import HTTPTypes
import KMPrimitives
import KMSecurity
import KMWire

/// Copies of calls.
extension ConformanceCase {
    static let replays = [
        ConformanceCase(
            "replay-copy",
            .replay,
            "The server rejects an exact copy of a call that it accepted.",
            fault: "the server has no replay check"
        ) { session in
            let call = try session.maker.call()
            guard case .passed = await session.accepts(call) else { return .skipped("the call was not accepted") }
            return await session.rejects(call)
        },
        ConformanceCase(
            "replay-new-time",
            .replay,
            "The server rejects the encrypted body of an earlier call under a new time and a new correlation id.",
            fault: "the replay check remembers headers, which the MAC does not cover, and not the body's MAC",
            requires: ["replay-copy"]
        ) { session in
            var calls: [(String, TestCall)] = []
            for label in ["both new", "a new time", "a new correlation id"] {
                let call = try session.maker.call(stamp: session.maker.stamp(-20))
                guard case .passed = await session.accepts(call) else { return .skipped("the call was not accepted") }
                let stamp = try session.maker.stamp()
                let new = try session.maker.call(body: call.body, stamp: stamp)
                switch label {
                case "a new time": calls.append((label, new.with(.kmCorrelationID, call.value(.kmCorrelationID))))
                case "a new correlation id":
                    calls.append((label, call.with(.kmCorrelationID, new.value(.kmCorrelationID))))
                default: calls.append((label, new))
                }
            }
            return await session.rejects(calls)
        },
        ConformanceCase(
            "replay-at-once",
            .replay,
            "The server accepts exactly one of 50 copies of a call that arrive at once.",
            fault: "the replay check is a look-up and a later insertion, and copies pass between the two",
            requires: ["replay-copy"]
        ) { session in await session.copiesAtOnce(try session.maker.call()) },
        ConformanceCase(
            "replay-after-forgery",
            .replay,
            "The server accepts a call after it rejected a forged copy of it.",
            fault: "the replay check remembers calls before they are authenticated, so an attacker can block them",
            requires: ["token-secret", "time-past"]
        ) { session in
            let call = try session.maker.call()
            let forged = try session.maker.call(
                body: call.body,
                stamp: session.maker.stamp().with(correlationID: CorrelationID(call.value(.kmCorrelationID))),
                secret: SecretBytes(randomCount: 32)
            )
            let stale = try session.maker.call(body: call.body, stamp: session.maker.stamp(-3600))
            _ = await session.reject("a wrong token", forged)
            _ = await session.reject("an old time", stale)
            return await session.accepts(call)
        },
    ]
}

extension Session {
    /// Sends 50 copies of a call at once, of which the server must accept exactly one.
    fileprivate func copiesAtOnce(_ call: TestCall) async -> Finding {
        let replies = await withTaskGroup(of: Reply.self) { group in
            for _ in 0..<50 { group.addTask { await self.send(call) } }
            var replies: [Reply] = []
            for await reply in group { replies.append(reply) }
            return replies
        }
        for reply in replies where reply.verdict != .opened { keep("a copy", call, reply) }
        let count = replies.count { $0.verdict == .opened }
        let observed = "\(count) of 50 accepted"
        switch count {
        case 1: return .passed(observed)
        case 0: return .failed(observed, fault: "the server rejects all copies, or cannot serve 50 calls at once")
        default: return .failed(observed)
        }
    }
}
#endif
