#if Sandbox
import HTTPTypes
import KMPrimitives
import KMSecurity
import KMVectorGeneration
import KMWire

/// Callers and crypto keys that the server does not know.
extension ConformanceCase {
    static let callers = [
        ConformanceCase(
            "caller-access-key",
            .caller,
            "The server rejects an unknown access key, even if the token is right.",
            fault: "the server does not look up the access key"
        ) { session in
            let call = try session.maker.call()
            let other = hexadecimal(try SecureRandom.bytes(20))
            return await session.rejects(call.with(.kmAccessKey, other))
        },
        ConformanceCase(
            "caller-asp-id",
            .caller,
            "The server rejects an ASP id that is not the caller's.",
            fault: "the server does not compare X-KM-User-AspId with the access key's ASP id"
        ) { session in
            let call = try session.maker.call()
            let digits = try SecureRandom.bytes(12).map { String($0 % 10) }.joined()
            return await session.rejects(call.with(.kmUserAspID, "000" + digits))
        },
        ConformanceCase(
            "key-unknown",
            .caller,
            "The server rejects an unknown X-KM-Crypto-Key-Id, even if the body is encrypted to its key.",
            fault: "the server does not look up X-KM-Crypto-Key-Id"
        ) { session in
            var calls: [(String, TestCall)] = []
            for kid in [nil, try CryptoKeyID.random().text] {
                var draft = try session.maker.message()
                draft.header = .message("A256GCM", kid: kid)
                let call = try session.maker.call(jwe: draft.encrypted().text)
                let id = try kid ?? CryptoKeyID.random().text
                calls.append((kid == nil ? "without kid" : "the same kid", call.with(.kmCryptoKeyID, id)))
            }
            return await session.rejects(calls)
        },
        ConformanceCase(
            "key-mixed",
            .caller,
            "The server rejects a body that is encrypted to another of the caller's keys than the named one.",
            fault: "the server tries all its private keys",
            needs: [.otherKey],
            requires: ["valid-other-key"]
        ) { session in
            guard let other = session.maker.credentials.otherKey else { return .skipped("there is no other key") }
            var draft = try session.maker.message()
            draft.header = .message("A256GCM", kid: nil)
            draft.key = try session.maker.contentKey(to: other.serverCertificate.unverifiedPublicKey)
            return await session.rejects(try session.maker.call(jwe: draft.encrypted().text))
        },
        ConformanceCase(
            "key-of-other-caller",
            .caller,
            "The server rejects a call under the crypto key of another caller.",
            fault: "the server does not check that the crypto key belongs to the caller",
            needs: [.otherCaller],
            requires: ["valid-other-caller"]
        ) { session in
            guard let other = session.otherMaker?.credentials.key else { return .skipped("there is no other caller") }
            var calls: [(String, TestCall)] = []
            for kid in [nil, other.id.text] {
                var draft = try session.maker.message()
                draft.header = .message("A256GCM", kid: kid)
                draft.key = try session.maker.contentKey(to: other.serverCertificate.unverifiedPublicKey)
                let call = try session.maker.call(jwe: draft.encrypted().text)
                calls.append((kid == nil ? "without kid" : "with kid", call.with(.kmCryptoKeyID, other.id.text)))
            }
            return await session.rejects(calls)
        },
    ]
}
#endif
