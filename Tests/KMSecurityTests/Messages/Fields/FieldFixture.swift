import Foundation
import KMSecurityTestSupport
import KMTestSupport

@testable import KMSecurity

/// The RSA key pair that the suites of this folder use, and the keys and ciphers made from it.
enum FieldFixture {
    static var pair: RSAPrivateKey { get throws { try TestKeys.first() } }
    static var id: CryptoKeyID { get throws { try CryptoKeyID(ClientAndServer.keyText) } }
    static let now = Date(timeIntervalSince1970: 1_767_225_600)

    static func correlationID(_ number: Int = 1) throws -> CorrelationID {
        try CorrelationID("260101090000-" + String(1_000_000 + number))
    }

    static func key(_ state: CryptoKey.State = .active) throws -> CryptoKey {
        try CryptoKey(
            id: id,
            encryptionKey: pair.publicKey,
            decryptionKey: pair,
            state: state,
            issuedAt: Date(timeIntervalSince1970: 0)
        )
    }

    static func cipher(
        _ profile: WireProfile = .documented,
        limits: ParameterLimits = .standard,
        caching: DataKeyCaching? = nil,
        state: CryptoKey.State = .active
    ) throws -> ParameterCipher {
        try ParameterCipher(
            keyring: CryptoKeyring([key(state)], primary: state == .active ? id : nil),
            profile: profile,
            limits: limits,
            dataKeyCaching: caching
        )
    }
}

/// Shorthands for tests.
extension ParameterCipher {
    func seal(_ text: String, _ paths: [String], _ correlationID: CorrelationID? = nil) throws -> [UInt8] {
        try sealFields(Array(text.utf8), FieldSelection(paths), correlationID)
    }

    func sealFields(
        _ parameters: [UInt8],
        _ selection: FieldSelection,
        _ correlationID: CorrelationID? = nil
    ) throws -> [UInt8] {
        try seal(
            parameters,
            .fields(selection),
            under: FieldFixture.id,
            at: FieldFixture.now,
            correlationID: correlationID
        )
    }

    func open(_ body: [UInt8], _ paths: [String], _ correlationID: CorrelationID? = nil) throws -> [UInt8] {
        try openFields(body, FieldSelection(paths), correlationID)
    }

    func openFields(
        _ body: [UInt8],
        _ selection: FieldSelection,
        _ correlationID: CorrelationID? = nil
    ) throws -> [UInt8] {
        try open(body, .fields(selection), under: FieldFixture.id, correlationID: correlationID)
    }

    func sealWhole(_ text: String) throws -> [UInt8] {
        try seal(Array(text.utf8), .message, under: FieldFixture.id, at: FieldFixture.now)
    }

    func openWhole(_ body: [UInt8]) throws -> [UInt8] {
        try open(body, .message, under: FieldFixture.id)
    }
}

extension [UInt8] {
    /// The text of bytes that are known to be UTF-8.
    var text: String { String(decoding: self, as: UTF8.self) }
}
