import KMJOSE
import KMSecurityTestSupport
import Testing

@testable import KMSecurity

@Suite("Receiving with a data-key cache")
struct FieldCacheReceivingTests {
    private let sender: ParameterCipher
    private let text = #"{"a":"12345678"}"#

    init() throws {
        sender = try FieldFixture.cipher()
    }

    private func receiver(_ caching: DataKeyCaching = .standard) throws -> (ParameterCipher, DataKeyCache) {
        let cipher = try FieldFixture.cipher(caching: caching)
        return (cipher, try #require(cipher.cache))
    }

    /// Returns the cached content key of a message's first JWE.
    private func key(
        _ cache: DataKeyCache,
        _ body: [UInt8],
        messageCount: Int = 0,
        byteCount: Int = 0
    ) throws -> JWEContentKey? {
        let message = try #require(body.split(separator: UInt8(ascii: "\"")).first { $0.starts(with: "eyJ".utf8) })
        let bytes = Array(message)
        let identity = DataKeyCache.Identity(
            keyNumber: 0,
            encryption: .a256GCM,
            message: try JWECompact(parsing: bytes.span)
        )
        return cache.receivedKey(identity, messageCount: messageCount, byteCount: byteCount)
    }

    /// Returns whether a message's content key is cached, without counting a message.
    private func remembers(_ cache: DataKeyCache, _ body: [UInt8]) throws -> Bool {
        try key(cache, body) != nil
    }

    @Test("The content key of an opened message is cached, and the message opens again")
    func remembered() throws {
        let (cipher, cache) = try receiver()
        let body = try sender.sealWhole(text)
        #expect(try !remembers(cache, body))
        for _ in 0..<3 {
            #expect(try cipher.openWhole(body).text == text)
            #expect(try remembers(cache, body))
        }
        #expect(cache.entryCount == 1)
    }

    @Test("The content key of a rejected message is not cached, at either level")
    func notRemembered() throws {
        let (cipher, cache) = try receiver()
        for _ in 0..<20 {
            var whole = FieldBody(bytes: try sender.sealWhole(text))
            whole.damage(at: whole.bytes.count - 10)
            #expect(throws: KMError(.authenticationFailed)) { try cipher.openWhole(whole.bytes) }
            var fields = FieldBody(bytes: try sender.seal(text, ["$.a"]))
            fields.damage(at: fields.bytes.count - 10)
            #expect(throws: KMError(.authenticationFailed)) { try cipher.open(fields.bytes, ["$.a"]) }
            #expect(throws: KMError(.malformedJSON)) { try cipher.open(FieldForger().body([:], "1 "), ["$.a"]) }
        }
        #expect(cache.entryCount == 0)
    }

    @Test("Tampered messages under a cached key are rejected, and the key stays cached")
    func tampered() throws {
        let sender = try FieldFixture.cipher(caching: .standard)
        let (cipher, cache) = try receiver()
        let (first, second) = (try sender.sealWhole(text), try sender.sealWhole(#"{"a":"87654321"}"#))
        #expect(try cipher.openWhole(first).text == text)
        let dots = second.indices.filter { second[$0] == UInt8(ascii: ".") }
        for place in [dots[1] + 1, dots[2] + 1, dots[3] + 1] {
            var damaged = FieldBody(bytes: second)
            damaged.damage(at: place)
            #expect(throws: KMError(.authenticationFailed)) { try cipher.openWhole(damaged.bytes) }
        }
        // The initialization vector of one message with the ciphertext and tag of another.
        let mixed = second[..<dots[2]] + first[dots[2]...]
        #expect(throws: KMError(.authenticationFailed)) { try cipher.openWhole(Array(mixed)) }
        #expect(try remembers(cache, first))
        #expect(try cipher.openWhole(second).text == #"{"a":"87654321"}"#)
    }

    @Test("The cached key is not used for a message whose encrypted key differs")
    func otherKey() throws {
        let (cipher, _) = try receiver()
        let body = try sender.sealWhole(text)
        _ = try cipher.openWhole(body)
        let start = try #require(body.firstIndex(of: UInt8(ascii: ".")))
        for place in [start + 1, start + 170, start + 341] {
            var damaged = FieldBody(bytes: body)
            damaged.damage(at: place)
            #expect(throws: KMError(.authenticationFailed)) { try cipher.openWhole(damaged.bytes) }
        }
    }

    @Test("A full cache evicts the least recently used key")
    func eviction() throws {
        let (cipher, cache) = try receiver(DataKeyCaching(maximumEntryCount: 3))
        let bodies = try (0..<5).map { _ in try sender.sealWhole(text) }
        for body in bodies[0..<3] { _ = try cipher.openWhole(body) }
        _ = try cipher.openWhole(bodies[0])
        _ = try cipher.openWhole(bodies[3])
        #expect(cache.entryCount == 3)
        #expect(try !remembers(cache, bodies[1]))
        // Looked up in the order of their use, so that the look-up does not change it.
        #expect(try [2, 0, 3].allSatisfy { try remembers(cache, bodies[$0]) })
        _ = try cipher.openWhole(bodies[4])
        #expect(cache.entryCount == 3)
        #expect(try !remembers(cache, bodies[2]))
        #expect(try cipher.openWhole(bodies[1]).text == text)
    }

    @Test("The bounds apply to the receiver too; a field counts as one message", arguments: [true, false])
    func bounds(_ inMessages: Bool) throws {
        let body = try sender.seal(#"{"a":[1,2,3]}"#, ["$.a[*]"])
        func cache(_ bound: Int, opening count: Int) throws -> DataKeyCache {
            let (cipher, cache) = try receiver(
                inMessages ? DataKeyCaching(maximumMessageCount: bound) : DataKeyCaching(maximumByteCount: bound)
            )
            for _ in 0..<count { #expect(try cipher.open(body, ["$.a[*]"]).text == #"{"a":[1,2,3]}"#) }
            return cache
        }
        func serves(_ cache: DataKeyCache, _ more: Int) throws -> Bool {
            try key(cache, body, messageCount: inMessages ? more : 0, byteCount: inMessages ? 0 : more) != nil
        }
        // Three fields of one byte each: one message uses three of seven, two messages use six.
        #expect(try serves(cache(7, opening: 1), 4))
        #expect(try !serves(cache(7, opening: 1), 5))
        #expect(try serves(cache(7, opening: 2), 1))
        #expect(try !serves(cache(7, opening: 2), 2))
        // The third message exceeds the bounds. It still opens, and the count starts again.
        #expect(try serves(cache(7, opening: 3), 4))
        #expect(try !serves(cache(7, opening: 3), 5))
        #expect(try cache(2, opening: 3).entryCount == 0)
    }

    @Test("Expired keys are evicted when another key is added, used or not")
    func leaving() async throws {
        let (cipher, cache) = try receiver(DataKeyCaching(maximumAge: .milliseconds(50)))
        for _ in 0..<5 { _ = try cipher.openWhole(sender.sealWhole(text)) }
        _ = try cipher.sealWhole(text)
        try await Task.sleep(for: .milliseconds(60))
        let last = try sender.sealWhole(text)
        _ = try cipher.openWhole(last)
        #expect(cache.entryCount == 1)
        try await Task.sleep(for: .milliseconds(60))
        _ = try cipher.sealWhole(text)
        #expect(cache.entryCount == 1)
    }

    @Test("An expired key is not used")
    func age() throws {
        let (cipher, cache) = try receiver(DataKeyCaching(maximumAge: .zero))
        let body = try sender.sealWhole(text)
        #expect(try cipher.openWhole(body).text == text)
        #expect(try !remembers(cache, body))
        #expect(try cipher.openWhole(body).text == text)
    }
}
