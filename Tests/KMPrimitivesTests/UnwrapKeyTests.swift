import KMPrimitives
import KMTestSupport
import Testing

/// A content encryption key (CEK) that cannot be unwrapped is replaced with random bytes of the same size.
///
/// RFC 7516 section 11.5 requires this. Unwrapping must not throw, and two attempts must give different bytes.
@Suite struct UnwrapKeyTests {
    @Test(arguments: [1, 16, 32, 64])
    func aWrappedKeyIsUnwrapped(byteCount: Int) throws {
        let pair = try TestKeys.first()
        let key = try SecretBytes(randomCount: byteCount)
        let wrapped = try pair.publicKey.encryptOAEP(key)
        let unwrapped = try pair.unwrapKey(wrapped, byteCount: byteCount)
        #expect(unwrapped == key)
        #expect(OpenSSL.drainErrorQueue() == 0)
    }

    /// Returns wrapped keys that must not unwrap to `key`, each with a name.
    private func hostile(_ key: SecretBytes) throws -> [(name: String, wrapped: [UInt8])] {
        let pair = try TestKeys.first()
        let wrapped = try pair.publicKey.encryptOAEP(key)
        let toAnother = try TestKeys.second().publicKey.encryptOAEP(key)
        let bytes = key.exposed
        func wrap(_ other: [UInt8]) throws -> [UInt8] { try pair.publicKey.encryptOAEP(other) }
        var list: [(String, [UInt8])] = [
            ("to another key", toAnother),
            ("empty", []),
            ("one byte", [1]),
            ("cut off at the end", Array(wrapped.dropLast())),
            ("cut off at the start", Array(wrapped.dropFirst())),
            ("a zero in front", [0] + wrapped),
            ("a zero behind", wrapped + [0]),
            ("twice", wrapped + wrapped),
            ("zeros", [UInt8](repeating: 0, count: wrapped.count)),
            ("above the modulus", [UInt8](repeating: 0xFF, count: wrapped.count)),
            ("an empty key", try wrap([])),
            ("a key one byte short", try wrap(Array(bytes.dropLast()))),
            ("a key one byte long", try wrap(bytes + [0])),
            ("a key twice as long", try wrap(bytes + bytes)),
            ("the longest message", try wrap([UInt8](repeating: 1, count: 190))),
        ]
        for index in [0, 1, 128, 255] {
            var changed = wrapped
            changed[index] ^= 1
            list.append(("byte \(index) changed", changed))
        }
        return list
    }

    @Test(arguments: [16, 32])
    func otherInputsGiveRandomBytes(byteCount: Int) throws {
        let pair = try TestKeys.first()
        let key = try SecretBytes(randomCount: byteCount)
        for (name, wrapped) in try hostile(key) {
            let first = try pair.unwrapKey(wrapped, byteCount: byteCount)
            #expect(OpenSSL.drainErrorQueue() == 0, "\(name)")
            let second = try pair.unwrapKey(wrapped, byteCount: byteCount)
            #expect(first.count == byteCount && second.count == byteCount, "\(name)")
            #expect(first != key && second != key, "\(name)")
            #expect(first != second, "\(name): the replacement is predictable")
            #expect(first.exposed.contains { $0 != 0 }, "\(name)")
        }
    }

    /// A longer key must not be shortened to the requested size.
    @Test func aKeyOfAnotherSizeIsNotUnwrapped() throws {
        let pair = try TestKeys.first()
        let key = try SecretBytes(randomCount: 32)
        let wrapped = try pair.publicKey.encryptOAEP(key)
        let shorter = try pair.unwrapKey(wrapped, byteCount: 16)
        #expect(shorter.exposed != Array(key.exposed.prefix(16)))
    }

    @Test func aKeyWrappedWithAnotherHashIsNotUnwrapped() throws {
        let pair = try TestKeys.first()
        let key = try SecretBytes(randomCount: 16)
        let wrapped = try pair.publicKey.encryptOAEP(key)
        #expect(try pair.unwrapKey(wrapped, byteCount: 16, hash: .insecureSHA1) != key)
    }

    @Test(arguments: [-1, 0, 65, 1000])
    func impossibleKeySizesAreRejected(byteCount: Int) throws {
        let pair = try TestKeys.first()
        let wrapped = try pair.publicKey.encryptOAEP([1])
        #expect(rejection { try pair.unwrapKey(wrapped, byteCount: byteCount) } == .invalidSize)
    }
}
