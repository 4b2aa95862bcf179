import Foundation
import KMSecurityTestSupport
import Testing

@testable import KMSecurity

/// Returns the encrypted key of a body, which is the second part of its first JWE.
private func encryptedKey(_ body: [UInt8]) -> String {
    let dots = body.indices.filter { body[$0] == UInt8(ascii: ".") }
    return Array(body[dots[0]..<dots[1]]).text
}

@Suite("Sending with a data-key cache")
struct FieldCacheSendingTests {
    private static let one = #"{"a":"12345678"}"#
    private static let three = #"{"a":[1,2,3]}"#

    /// Returns the number of consecutive messages under each content key.
    private func runs(
        _ caching: DataKeyCaching?,
        _ count: Int,
        _ seal: (ParameterCipher) throws -> [UInt8]
    ) throws -> [Int] {
        let cipher = try FieldFixture.cipher(caching: caching)
        var runs: [Int] = []
        var last = ""
        var all: Set<String> = []
        for _ in 0..<count {
            let key = encryptedKey(try seal(cipher))
            if key == last { runs[runs.count - 1] += 1 } else { runs.append(1) }
            last = key
            all.insert(key)
        }
        #expect(all.count == runs.count, "an earlier key was used again")
        return runs
    }

    @Test("Without a cache, every message has a key of its own")
    func none() throws {
        #expect(try runs(nil, 5) { try $0.sealWhole(Self.one) } == [1, 1, 1, 1, 1])
        #expect(try runs(nil, 3) { try $0.seal(Self.three, ["$.a[*]"]) } == [1, 1, 1])
    }

    @Test("A key is used for its maximum number of messages at most; a field counts as one")
    func messageCount() throws {
        let bounds = DataKeyCaching(maximumMessageCount: 7)
        #expect(try runs(bounds, 16) { try $0.sealWhole(Self.one) } == [7, 7, 2])
        #expect(try runs(bounds, 16) { try $0.seal(Self.one, ["$.a"]) } == [7, 7, 2])
        #expect(try runs(bounds, 6) { try $0.seal(Self.three, ["$.a[*]"]) } == [2, 2, 2])
        #expect(try runs(DataKeyCaching(maximumMessageCount: 1), 3) { try $0.sealWhole(Self.one) } == [1, 1, 1])
        // More fields than the maximum still share one key, which is then not used again.
        let fewer = DataKeyCaching(maximumMessageCount: 2)
        #expect(try runs(fewer, 3) { try $0.seal(Self.three, ["$.a[*]"]) } == [1, 1, 1])
    }

    @Test("A key is used for its maximum number of bytes at most, of whole parameters or of field values")
    func byteCount() throws {
        // A message has 16 bytes; the field's value, with its quotes, has 10.
        #expect(try runs(DataKeyCaching(maximumByteCount: 48), 7) { try $0.sealWhole(Self.one) } == [3, 3, 1])
        #expect(try runs(DataKeyCaching(maximumByteCount: 47), 5) { try $0.sealWhole(Self.one) } == [2, 2, 1])
        #expect(try runs(DataKeyCaching(maximumByteCount: 40), 9) { try $0.seal(Self.one, ["$.a"]) } == [4, 4, 1])
        #expect(try runs(DataKeyCaching(maximumByteCount: 1), 3) { try $0.sealWhole(Self.one) } == [1, 1, 1])
    }

    @Test("A key is used no longer than its maximum age")
    func age() throws {
        #expect(try runs(DataKeyCaching(maximumAge: .zero), 4) { try $0.sealWhole(Self.one) } == [1, 1, 1, 1])
        #expect(try runs(DataKeyCaching(maximumAge: .seconds(-1)), 2) { try $0.sealWhole(Self.one) } == [1, 1])
        let cipher = try FieldFixture.cipher(caching: DataKeyCaching(maximumAge: .milliseconds(30)))
        let first = encryptedKey(try cipher.sealWhole(Self.one))
        Thread.sleep(forTimeInterval: 0.05)
        #expect(encryptedKey(try cipher.sealWhole(Self.one)) != first)
    }

    @Test("Bounds are clamped to their ranges")
    func ranges() {
        let most = DataKeyCaching(
            maximumMessageCount: .max,
            maximumByteCount: .max,
            maximumAge: .seconds(Int64.max),
            maximumEntryCount: .max
        )
        #expect(DataKeyCaching.maximumMessageCountLimit == 1 << 20)
        #expect(most.maximumMessageCount == 1 << 20)
        #expect(most.maximumEntryCount == 1 << 16)
        #expect(DataKeyCaching(maximumMessageCount: (1 << 20) + 1).maximumMessageCount == 1 << 20)
        let least = DataKeyCaching(
            maximumMessageCount: .min,
            maximumByteCount: .min,
            maximumAge: .seconds(Int64.min),
            maximumEntryCount: .min
        )
        #expect(least.maximumMessageCount == 1)
        #expect(least.maximumByteCount == 1)
        #expect(least.maximumAge == .zero)
        #expect(least.maximumEntryCount == 1)
    }

    @Test("100,000 messages under cached keys have 100,000 different initialization vectors")
    func vectors() throws {
        let cipher = try FieldFixture.cipher(caching: DataKeyCaching(maximumMessageCount: 1 << 20))
        let body = try cipher.sealWhole("1")
        let dots = body.indices.filter { body[$0] == UInt8(ascii: ".") }
        let place = dots[1] + 1..<dots[2]
        var seen: Set<ArraySlice<UInt8>> = []
        seen.reserveCapacity(100_000)
        for _ in 0..<95_000 { seen.insert(try cipher.sealWhole("1")[place]) }
        // The rest as fields: 5 messages of 1000 fields each.
        let many = "[" + String(repeating: "1,", count: 999) + "1]"
        for _ in 0..<5 {
            for field in try cipher.seal(many, ["$[*]"]).split(separator: UInt8(ascii: ",")) {
                let dots = field.indices.filter { field[$0] == UInt8(ascii: ".") }
                seen.insert(field[dots[1] + 1..<dots[2]])
            }
        }
        #expect(seen.count == 100_000)
        #expect(cipher.cache?.entryCount == 1)
    }

    @Test("A new cipher starts with an empty cache, and a cached key follows the state of its RSA key")
    func ring() throws {
        let cipher = try FieldFixture.cipher(caching: .standard)
        let body = try cipher.sealWhole(Self.one)
        _ = try cipher.openWhole(body)
        #expect(cipher.cache?.entryCount == 2)
        let again = try ParameterCipher(keyring: cipher.keyring, dataKeyCaching: .standard)
        #expect(again.cache?.entryCount == 0)
        #expect(encryptedKey(try again.sealWhole(Self.one)) != encryptedKey(body))

        let inactive = try FieldFixture.cipher(caching: .standard, state: .inactive)
        #expect(throws: KMError(.keyNotActive)) { try inactive.sealWhole(Self.one) }
        #expect(throws: KMError(.keyNotActive)) { try inactive.seal(Self.one, ["$.a"]) }
        #expect(try inactive.openWhole(body).text == Self.one)
        #expect(try inactive.openWhole(body).text == Self.one)
        let discarded = try FieldFixture.cipher(caching: .standard, state: .discarded)
        #expect(throws: KMError(.keyNotActive)) { try discarded.sealWhole(Self.one) }
        #expect(throws: KMError(.keyNotActive)) { try discarded.openWhole(body) }
        #expect(throws: KMError(.keyNotActive)) { try discarded.open(cipher.seal(Self.one, ["$.a"]), ["$.a"]) }
    }

    @Test("A cached key is not used after the certificate of its RSA key has expired")
    func certificate() throws {
        let end = FieldFixture.now.addingTimeInterval(60)
        let certificate = try Certificate.selfSigned(
            FieldFixture.pair,
            commonName: "test",
            validity: FieldFixture.now.addingTimeInterval(-60)...end
        )
        let key = try CryptoKey(id: FieldFixture.id, certificate: certificate, issuedAt: FieldFixture.now)
        let cipher = try ParameterCipher(keyring: CryptoKeyring(primary: key), dataKeyCaching: .standard)
        let parameters = Array(Self.one.utf8)
        let keys = try [FieldFixture.now, end].map {
            encryptedKey(try cipher.seal(parameters, .message, under: FieldFixture.id, at: $0))
        }
        #expect(keys[0] == keys[1])
        #expect(throws: KMError(.certificateNotValid)) {
            try cipher.seal(parameters, .message, under: FieldFixture.id, at: end.addingTimeInterval(1))
        }
    }
}
