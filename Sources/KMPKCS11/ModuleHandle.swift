#if PKCS11
internal import CKMPKCS11
internal import Foundation
internal import KMSecurity
internal import Synchronization

/// Owns a module of the C shim, which stays loaded until the process ends.
///
/// `@unchecked Sendable`: several threads can use a module (CKMPKCS11.h).
@safe final class ModuleHandle: @unchecked Sendable {
    let path: String
    private let module: OpaquePointer
    private let process = km_p11_process()
    private let owned = Atomic(false)
    private let isFinalized = Atomic(false)

    /// Loads a module, without initializing it.
    ///
    /// - Throws: ``KMError`` `hsmModuleUnusable`.
    init(_ path: String) throws {
        var made: OpaquePointer?
        let (rv, reason) = unsafe Self.withReason { unsafe km_p11_load(path, &made, $0) }
        guard rv == KM_CKR_OK, let made = unsafe made else { throw Self.unusable(path, rv, reason) }
        unsafe module = made
        self.path = path
    }

    /// Whether this package initialized the module, and not another library in the process.
    var isOwned: Bool { owned.load(ordering: .acquiring) }

    /// Initializes the module.
    ///
    /// If it fails, it can be called again.
    ///
    /// - Throws: ``KMError`` `hsmModuleUnusable`.
    func initialize(_ parameters: String?) throws {
        let result = unsafe km_p11_initialize(module, parameters)
        guard result == KM_CKR_OK || result == KM_CKR_CRYPTOKI_ALREADY_INITIALIZED else {
            throw Self.unusable(path, result, "")
        }
        owned.store(result == KM_CKR_OK, ordering: .releasing)
    }

    /// Whether another library in the process has finalized the module.
    func isLost() throws -> Bool { unsafe try km_p11_check(pointer()) == KM_CKR_CRYPTOKI_NOT_INITIALIZED }

    /// Tries a module in a child process.
    ///
    /// - Returns: The error of the module's initialization; nil if it succeeds.
    /// - Throws: ``KMError`` `hsmModuleUnusable` if the module crashes, hangs or cannot be loaded.
    static func probe(_ path: String, _ parameters: String?, _ deadline: Duration) throws -> KMError? {
        let milliseconds = max(1, min(Int64(UInt32.max), Int64(deadline / .milliseconds(1))))
        let (rv, reason) = unsafe withReason { unsafe km_p11_probe(path, parameters, UInt32(milliseconds), $0) }
        // In a copy of a process in which another library has initialized the module, it is initialized as well.
        if rv == KM_CKR_OK || rv == KM_CKR_CRYPTOKI_ALREADY_INITIALIZED { return nil }
        let error = unusable(path, rv, reason)
        let faults = [KM_RV_NOT_LOADED, KM_RV_NOT_A_MODULE, KM_RV_HUNG, KM_RV_CRASHED, KM_RV_NO_PROCESS]
        guard !faults.contains(rv) else { throw error }
        return error
    }

    /// The module, for a call of the shim.
    ///
    /// - Throws: ``KMError`` `hsmUnavailable` in a forked process, and after ``finalize()``.
    func pointer() throws -> OpaquePointer {
        guard km_p11_process() == process else { throw Self.forked() }
        guard !isFinalized.load(ordering: .acquiring) else {
            throw PKCS11Failure(function: "C_Finalize", rv: KM_CKR_CRYPTOKI_NOT_INITIALIZED)
        }
        return unsafe module
    }

    /// The error in a process that was forked after the module was loaded.
    static func forked() -> KMError {
        KMError(
            .hsmUnavailable,
            "this process was forked after the PKCS#11 module was loaded; load it only in the process that uses it"
        )
    }

    /// Finalizes the module if this package initialized it.
    func finalize() throws {
        let pointer = unsafe try pointer()
        if isOwned { try PKCS11Failure.check(unsafe km_p11_finalize(pointer), "C_Finalize") }
        isFinalized.store(true, ordering: .releasing)
    }

    /// The slots that hold a token.
    func slots() throws -> [UInt] {
        let module = unsafe try pointer()
        var count = 0
        // The first call makes some modules look for new tokens. Between two calls, tokens can be added.
        try PKCS11Failure.check(unsafe km_p11_slots(module, nil, 0, &count), "C_GetSlotList")
        for _ in 0..<8 {
            var slots = [UInt](repeating: 0, count: count)
            let capacity = count
            let rv = unsafe slots.withUnsafeMutableBufferPointer {
                unsafe km_p11_slots(module, $0.baseAddress, capacity, &count)
            }
            if rv == KM_CKR_BUFFER_TOO_SMALL, count > capacity { continue }
            try PKCS11Failure.check(rv, "C_GetSlotList")
            return Array(slots.prefix(count))
        }
        throw PKCS11Failure(function: "C_GetSlotList", rv: KM_CKR_BUFFER_TOO_SMALL)
    }

    /// The description of the token in a slot.
    func tokenInfo(_ slot: UInt) throws -> TokenInfo {
        var token = km_p11_token()
        try PKCS11Failure.check(unsafe km_p11_token_info(pointer(), slot, &token), "C_GetTokenInfo")
        return TokenInfo(token)
    }

    /// The flags of a mechanism; nil if the token does not have it.
    func mechanismFlags(_ mechanism: UInt, _ slot: UInt) throws -> UInt? {
        var flags: UInt = 0
        let rv = unsafe try km_p11_mechanism(pointer(), slot, mechanism, &flags)
        if rv == KM_CKR_MECHANISM_INVALID { return nil }
        try PKCS11Failure.check(rv, "C_GetMechanismInfo")
        return flags
    }

    /// Whether a URI matches a slot and its token.
    ///
    /// A token that was removed or fails matches nothing, so that it does not hide the other tokens.
    func matches(_ uri: ParsedURI, _ slot: UInt) throws -> Bool {
        var matches = false
        let rv = unsafe try km_p11_uri_matches_slot(uri.pointer, pointer(), slot, &matches)
        return rv == KM_CKR_OK && matches
    }

    /// The URIs of the tokens in slots, without those that fail.
    func uriTexts(ofTokensIn slots: [UInt]) throws -> [String] {
        _ = unsafe try pointer()
        return slots.compactMap { try? uriText(ofTokenIn: $0) }
    }

    /// The URI of the token in a slot.
    func uriText(ofTokenIn slot: UInt) throws -> String {
        let module = unsafe try pointer()
        return unsafe try copiedText { unsafe km_p11_uri_of_token(module, slot, $0) }
    }

    private static func withReason(_ body: (UnsafeMutablePointer<CChar>) -> UInt) -> (UInt, reason: String) {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(KM_P11_REASON_CAPACITY)) { buffer in
            unsafe buffer.initialize(repeating: 0)
            guard let start = buffer.baseAddress else { return (KM_CKR_HOST_MEMORY, "") }
            let rv = unsafe body(start)
            return (rv, unsafe String(cString: start))
        }
    }

    private static func unusable(_ path: String, _ rv: UInt, _ reason: String) -> KMError {
        let fault =
            switch rv {
            case KM_RV_NOT_LOADED:
                "it cannot be loaded (\(reason)); check the path, and that its libraries are installed"
            case KM_RV_NOT_A_MODULE:
                "it is a shared library, but no PKCS#11 module of version 2 (C_GetFunctionList); check the path"
            case KM_RV_HUNG:
                "it does not finish its initialization; check that the HSM is reachable, or allow more time"
            case KM_RV_CRASHED:
                "it crashes during its initialization (\(reason)); check its configuration, and ask its maker"
            case KM_RV_NO_PROCESS: "no child process could be created to try it (\(reason))"
            case KM_CKR_CANT_LOCK: "C_Initialize: CKR_CANT_LOCK; the module does not support several threads"
            default:
                "C_Initialize: \(PKCS11Failure.name(rv)); check the module's configuration file and its parameters"
            }
        return KMError(.hsmModuleUnusable, "\(path): \(fault)")
    }
}

/// The description of a token.
struct TokenInfo: Sendable {
    /// What stays the same when a token is moved to another slot.
    struct Identity: Hashable, Sendable {
        let label, manufacturer, model, serial: [UInt8]
    }

    let identity: Identity
    let flags: UInt
    /// The largest number of sessions; nil if there is no limit, or if the token does not say.
    let maximumSessionCount: Int?
    /// The number of open sessions; nil if the token does not say.
    let sessionCount: Int?

    init(_ token: km_p11_token) {
        func bytes<Field>(_ field: Field) -> [UInt8] {
            unsafe withUnsafeBytes(of: field) { unsafe Array($0.prefix { $0 != 0 }) }
        }
        identity = Identity(
            label: bytes(token.label),
            manufacturer: bytes(token.manufacturer),
            model: bytes(token.model),
            serial: bytes(token.serial)
        )
        flags = token.flags
        let maximum = token.maximum_sessions
        maximumSessionCount = maximum == 0 || maximum == UInt.max ? nil : Int(clamping: maximum)
        sessionCount = token.sessions == UInt.max ? nil : Int(clamping: token.sessions)
    }

    func has(_ flag: UInt) -> Bool { flags & flag != 0 }
}
#endif
