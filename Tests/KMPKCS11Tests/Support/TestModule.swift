#if PKCS11
import CKMPKCS11
import Foundation
import KMPrimitives
import KMSecurity
import KMTestSupport
import Testing

@testable import KMPKCS11

/// The PKCS#11 modules that the tests use.
enum TestModule: String, CaseIterable, Sendable, CustomTestStringConvertible {
    /// SoftHSM 2, which does raw RSA, and RSA-OAEP only with SHA-1.
    case softHSM = "SoftHSM"
    /// The token of NSS, which does RSA-OAEP with each hash.
    case nss = "NSS"

    static let absence = "SoftHSM or NSS is not installed: apt-get install softhsm2 libnss3"
    static let areInstalled = allCases.allSatisfy { $0.path != nil }

    /// The file of the module; nil if it is not installed.
    var path: String? {
        let name = self == .softHSM ? "libsofthsm2.so" : "libsoftokn3.so"
        let folders = ["/usr/lib/softhsm", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64"]
        return folders.flatMap { ["\($0)/\(name)", "\($0)/softhsm/\(name)", "\($0)/nss/\(name)"] }
            .first { FileManager.default.fileExists(atPath: $0) }
    }

    var testDescription: String { rawValue }
}

/// The tokens of the tests: a folder for each process, and in it as many tokens as the tests need.
actor TestTokens {
    static let shared = TestTokens()
    static let pin = "right-pin-4711"

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// A token, and what opens it.
    struct Token: Sendable {
        let module: PKCS11Module
        let uri: PKCS11URI
        let pin: PKCS11PIN

        func open(_ configuration: PKCS11Token.Configuration = .init()) async throws -> PKCS11Token {
            try await PKCS11Token.open(uri, module: module, pin: pin, configuration: configuration)
        }
    }

    /// The folder of this process, which is removed when it ends.
    static let folder: String = {
        atexit { try? FileManager.default.removeItem(atPath: "/tmp/km-pkcs11-\(getpid())") }
        return "/tmp/km-pkcs11-\(getpid())"
    }()

    private var modules: [TestModule: PKCS11Module] = [:]
    private var nssToken: Token?
    private var count = 0

    var tokenFolder: String { "\(Self.folder)/tokens" }

    func module(_ module: TestModule) async throws -> PKCS11Module {
        if let known = modules[module] { return known }
        guard let path = module.path else { throw Failure(description: TestModule.absence) }
        try FileManager.default.createDirectory(atPath: "\(Self.folder)/nss", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: tokenFolder, withIntermediateDirectories: true)
        let settings = "directories.tokendir = \(tokenFolder)\nobjectstore.backend = file\nlog.level = ERROR\n"
        try settings.write(toFile: "\(Self.folder)/softhsm2.conf", atomically: true, encoding: .utf8)
        unsafe setenv("SOFTHSM2_CONF", "\(Self.folder)/softhsm2.conf", 1)
        // Otherwise NSS derives a key with 10,000 rounds for each use of a private key, which takes a tenth of a second.
        unsafe setenv("NSS_MAX_MP_PBE_ITERATION_COUNT", "1", 1)
        let parameters =
            "configdir='sql:\(Self.folder)/nss' certPrefix='' keyPrefix='' secmod='secmod.db' flags=optimizeSpace"
        let loaded = try await PKCS11Module.load(path, parameters: module == .nss ? parameters : nil)
        // Another call may have loaded it meanwhile; then both are the same object.
        modules[module] = loaded
        return loaded
    }

    /// A new token of SoftHSM, or the one token of NSS.
    func token(_ module: TestModule) async throws -> Token {
        let loaded = try await self.module(module)
        if module == .nss {
            if let nssToken { return nssToken }
            let token = Token(
                module: loaded,
                uri: try PKCS11URI("pkcs11:token=NSS%20Certificate%20DB"),
                pin: .secret(try SecretBytes(Self.pin))
            )
            try setPIN(loaded, label: "NSS Certificate DB", officer: "")
            nssToken = token
            return token
        }
        count += 1
        let label = "token \(count)"
        let handle = loaded.handle
        let free = try handle.slots().first { (try? handle.tokenInfo($0))?.has(KM_CKF_TOKEN_INITIALIZED) == false }
        guard let free else { throw Failure(description: "SoftHSM has no free slot") }
        let officer = Array("officer".utf8)
        let rv = unsafe try km_p11_init_token(handle.pointer(), free, officer, officer.count, label)
        try PKCS11Failure.check(rv, "C_InitToken")
        try setPIN(loaded, label: label, officer: "officer")
        return Token(
            module: loaded,
            uri: try PKCS11URI("pkcs11:token=token%20\(count)"),
            pin: .secret(try SecretBytes(Self.pin))
        )
    }

    private func setPIN(_ module: PKCS11Module, label: String, officer: String) throws {
        let handle = module.handle
        let slot = try handle.slots().first { (try? handle.tokenInfo($0))?.identity.label == Array(label.utf8) }
        guard let slot else { throw Failure(description: "no token \(label)") }
        let session = try Session(handle, slot: slot, writes: true)
        defer { session.close() }
        try PKCS11Failure.check(session.login(SecretBytes(officer), role: KM_P11_SECURITY_OFFICER), "C_Login")
        try session.initializePIN(SecretBytes(Self.pin))
        _ = unsafe try km_p11_logout(handle.pointer(), session.handle)
    }

    /// A new id for a key.
    func nextID() -> [UInt8] {
        count += 1
        return [0x4B, UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count)]
    }
}

extension PKCS11Token {
    /// Copies a key pair into the token, which the package itself does not do.
    func insert(_ key: RSAPrivateKey, label: String, id: [UInt8]) async throws -> PKCS11PrivateKey {
        let integers = try PrivateIntegers(key)
        try await writing { session in
            let template = try ObjectTemplate()
            try template.add(KM_CKA_CLASS, number: KM_CKO_PRIVATE_KEY)
            try template.add(KM_CKA_KEY_TYPE, number: KM_CKK_RSA)
            for type in [KM_CKA_TOKEN, KM_CKA_PRIVATE, KM_CKA_SENSITIVE, KM_CKA_DECRYPT] {
                try template.add(type, true)
            }
            try template.add(KM_CKA_EXTRACTABLE, false)
            try template.add(KM_CKA_LABEL, Array(label.utf8))
            try template.add(KM_CKA_ID, id)
            let types = [
                KM_CKA_MODULUS, KM_CKA_PUBLIC_EXPONENT, KM_CKA_PRIVATE_EXPONENT, KM_CKA_PRIME_1, KM_CKA_PRIME_2,
                KM_CKA_EXPONENT_1, KM_CKA_EXPONENT_2, KM_CKA_COEFFICIENT,
            ]
            for (type, integer) in zip(types, integers.values) { try template.add(type, integer) }
            _ = try session.create(template)
        }
        return try await privateKey(PKCS11URI(Self.uriText(label, id)))
    }

    static func uriText(_ label: String, _ id: [UInt8]) -> String {
        "pkcs11:object=\(label);id=\(encoded(id));type=private"
    }

    static func encoded(_ id: [UInt8]) -> String {
        id.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// The integers of an RSA key pair: n, e, d, p, q, dp, dq, qi.
struct PrivateIntegers {
    let values: [[UInt8]]

    init(_ key: RSAPrivateKey) throws {
        // PKCS#8 has the PKCS#1 structure in its third element.
        let pkcs8 = try Self.elements(of: key.insecurePKCS8DER().exposed[...])
        let pkcs1 = try Self.elements(of: Self.elements(of: pkcs8[0])[2])
        values = try Self.elements(of: pkcs1[0]).dropFirst().map { Array($0.drop { $0 == 0 }) }
    }

    /// The contents of the DER elements in `bytes`.
    private static func elements(of bytes: ArraySlice<UInt8>) throws -> [ArraySlice<UInt8>] {
        var (rest, found) = (bytes, [ArraySlice<UInt8>]())
        while rest.count >= 2 {
            var length = Int(rest[rest.startIndex + 1])
            rest = rest.dropFirst(2)
            if length >= 0x80 {
                let digits = length - 0x80
                length = rest.prefix(digits).reduce(0) { $0 << 8 | Int($1) }
                rest = rest.dropFirst(digits)
            }
            guard rest.count >= length else { throw TestTokens.Failure(description: "malformed DER") }
            found.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return found
    }
}
#endif
