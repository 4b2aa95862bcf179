// The names are those of kmsecurity.h, which the compiler requires.
// swift-format-ignore-file: AlwaysUseLowerCamelCase
public import CKMSecurity
internal import Foundation
internal import KMJSON
internal import KMPrimitives
internal import KMSecurity
internal import KMWire

/// Creates a cipher from the keys of a keyring.
@c @implementation
public func km_cipher_create(
    _ keys: UnsafePointer<km_crypto_key>?,
    _ keyCount: Int,
    _ profile: km_profile,
    _ created: UnsafeMutablePointer<OpaquePointer?>?,
    _ error: UnsafeMutablePointer<km_error>?
) -> km_status {
    unsafe create(created, error) {
        guard let keys = unsafe keys else { throw missing("keys") }
        guard (1...maximumKeyCount).contains(keyCount) else {
            let got = UInt(bitPattern: keyCount)
            throw KMError(.limitExceeded, "key_count must be 1 to \(maximumKeyCount); got \(got)")
        }
        let profile = try profile.value
        var cryptoKeys: [CryptoKey] = []
        for index in 0..<keyCount {
            do {
                cryptoKeys.append(try unsafe cryptoKey(keys[index]))
            } catch let error as KMError {
                throw KMError(error.code, "keys[\(index)]: \(error.detail)")
            }
        }
        return try ParameterCipher(keyring: CryptoKeyring(cryptoKeys, primary: nil), profile: profile)
    }
}

/// Frees a cipher and erases its private keys.
@c @implementation
public func km_cipher_free(_ cipher: OpaquePointer?) {
    unsafe freeHandle(cipher)
}

private let maximumKeyCount = 1024

private func cryptoKey(_ key: km_crypto_key) throws -> CryptoKey {
    let id = try CryptoKeyID(unsafe text(key.id, "id"))
    guard unsafe key.reserved == 0 else { throw KMError(.argumentInvalid, "reserved must be 0") }
    let state = try unsafe key.state.value
    guard state != .discarded else { return CryptoKey(discarded: id) }
    let certificate = try unsafe optionalInput(key.certificate, key.certificate_size, "certificate").map { bytes in
        try checkSecretSize(bytes.count, "the certificate")
        return try Certificate(parsing: unsafe Array(bytes))
    }
    let privateKey = try unsafe optionalInput(key.private_key, key.private_key_size, "private_key").map { bytes in
        let passphrase = try unsafe optionalInput(key.passphrase, key.passphrase_size, "passphrase").map { passphrase in
            try checkSecretSize(passphrase.count, "the passphrase")
            return try SecretBytes(copying: unsafe Span(_unsafeElements: passphrase))
        }
        return try RSAPrivateKey(parsing: unsafe Span(_unsafeElements: bytes), passphrase: passphrase)
    }
    guard let certificate else { return try CryptoKey(id: id, decryptionKey: privateKey, state: state) }
    return CryptoKey(id: id, certificate: certificate, decryptionKey: privateKey, state: state)
}

/// Creates a selection of fields from JSONPaths.
@c @implementation
public func km_fields_create(
    _ paths: UnsafePointer<UnsafePointer<CChar>?>?,
    _ pathCount: Int,
    _ presence: km_presence,
    _ created: UnsafeMutablePointer<OpaquePointer?>?,
    _ error: UnsafeMutablePointer<km_error>?
) -> km_status {
    unsafe create(created, error) {
        guard let paths = unsafe paths else { throw missing("paths") }
        guard (1...FieldSelection.maximumPathCount).contains(pathCount) else {
            let maximum = FieldSelection.maximumPathCount
            throw KMError(.limitExceeded, "path_count must be 1 to \(maximum); got \(UInt(bitPattern: pathCount))")
        }
        let presence = try presence.value
        let texts = try (0..<pathCount).map { try unsafe text(paths[$0], "paths[\($0)]") }
        return try FieldSelection(texts, presence: presence)
    }
}

/// Frees a selection of fields.
@c @implementation
public func km_fields_free(_ fields: OpaquePointer?) {
    unsafe freeHandle(fields)
}

/// Encrypts parameters into a body.
@c @implementation
public func km_cipher_seal(
    _ cipher: OpaquePointer?,
    _ keyID: UnsafePointer<CChar>?,
    _ fields: OpaquePointer?,
    _ correlationID: UnsafePointer<CChar>?,
    _ direction: km_message_direction,
    _ now: Int64,
    _ parameters: UnsafePointer<UInt8>?,
    _ parametersSize: Int,
    _ output: UnsafeMutablePointer<UInt8>?,
    _ capacity: Int,
    _ size: UnsafeMutablePointer<Int>?,
    _ error: UnsafeMutablePointer<km_error>?
) -> km_status {
    unsafe perform(error) {
        let output = try unsafe Output(output, capacity, size)
        let cipher = try unsafe value(of: cipher, ParameterCipher.self, "cipher")
        let id = try CryptoKeyID(unsafe text(keyID, "key_id"))
        let protection = try unsafe protection(fields)
        let correlationID = try unsafe optionalText(correlationID, "correlation_id").map(CorrelationID.init(_:))
        let isResponse = try direction.isResponse
        let parameters = try unsafe input(parameters, parametersSize, "parameters")
        try checkBodySize(parameters.count, "the parameters")
        try erasing(unsafe Array(parameters)) { parameters in
            // Without a field to encrypt, the body is the array of the parameters, which is then erased.
            let body = try cipher.seal(
                parameters,
                protection,
                under: id,
                at: date(now),
                correlationID: correlationID,
                answering: isResponse
            )
            try output.write(body.span)
        }
    }
}

/// Decrypts a body into parameters.
@c @implementation
public func km_cipher_open(
    _ cipher: OpaquePointer?,
    _ keyID: UnsafePointer<CChar>?,
    _ fields: OpaquePointer?,
    _ correlationID: UnsafePointer<CChar>?,
    _ body: UnsafePointer<UInt8>?,
    _ bodySize: Int,
    _ output: UnsafeMutablePointer<UInt8>?,
    _ capacity: Int,
    _ size: UnsafeMutablePointer<Int>?,
    _ error: UnsafeMutablePointer<km_error>?
) -> km_status {
    unsafe perform(error) {
        let output = try unsafe Output(output, capacity, size)
        let cipher = try unsafe value(of: cipher, ParameterCipher.self, "cipher")
        let id = try CryptoKeyID(unsafe text(keyID, "key_id"))
        let protection = try unsafe protection(fields)
        let correlationID = try unsafe optionalText(correlationID, "correlation_id").map(CorrelationID.init(_:))
        let body = try unsafe input(body, bodySize, "body")
        try checkBodySize(body.count, "the body")
        try erasing(cipher.open(unsafe Array(body), protection, under: id, correlationID: correlationID)) {
            try output.write($0.span)
        }
    }
}

private func protection(_ fields: OpaquePointer?) throws -> Protection {
    guard let fields = unsafe fields else { return .message }
    return .fields(try unsafe value(of: fields, FieldSelection.self, "fields"))
}

private func checkBodySize(_ count: Int, _ what: String) throws {
    let maximum = ParameterLimits.standard.maximumBodyByteCount
    guard count <= maximum else {
        throw KMError(.limitExceeded, "\(what) must be at most \(maximum) bytes; got \(count)")
    }
}

extension km_key_state {
    fileprivate var value: CryptoKey.State {
        get throws {
            switch self {
            case KM_KEY_ACTIVE: .active
            case KM_KEY_INACTIVE: .inactive
            case KM_KEY_DISCARDED: .discarded
            default: throw unknown("state", rawValue, expected: "0 (active), 1 (inactive) or 2 (discarded)")
            }
        }
    }
}

extension km_presence {
    fileprivate var value: FieldSelection.Presence {
        get throws {
            switch self {
            case KM_PRESENCE_EVERY_ITEM: .everyItem
            case KM_PRESENCE_AT_LEAST_ONCE: .atLeastOnce
            case KM_PRESENCE_OPTIONAL: .optional
            default: throw unknown("presence", rawValue, expected: "0 (every item), 1 (at least once) or 2 (optional)")
            }
        }
    }
}

extension km_message_direction {
    fileprivate var isResponse: Bool {
        get throws {
            switch self {
            case KM_REQUEST: false
            case KM_RESPONSE: true
            default: throw unknown("direction", rawValue, expected: "0 (request) or 1 (response)")
            }
        }
    }
}
