internal import HTTPTypes
internal import KMPrimitives
internal import KMSecurity
internal import KMWire

/// The body of a request, with what its headers and its credential say about its key.
struct RequestContent {
    let receiver: RequestJudge.Receiver
    let request: ReceivedRequest
    let endpoint: Endpoint?
    /// The credential whose secret key made the token, or the caller's only one.
    let credential: Credential?
    let candidates: [Credential]

    /// Examines the body.
    func open(isTooLarge: Bool) async -> ContentExamination.Opened {
        guard let endpoint else { return .notChecked("the endpoint is not known") }
        guard !isTooLarge else { return .notChecked("the body was not read") }
        let keyring = receiver.keyring.keyring
        let (name, faults) = keyName(endpoint, keyring)
        let isDocumented = endpoint.path == Endpoint.waitingPhysicalCards.path
        return await ContentExamination(
            body: request.body,
            rule: endpoint.request,
            keyName: name,
            keyFaults: faults,
            correlationID: (try? request.headers.optional(CorrelationID.self)).flatMap { $0 },
            allowsEmptyBodies: receiver.allowsEmptyBodies,
            keyring: keyring,
            limits: receiver.limits,
            otherKeys: receiver.otherKeys,
            parameterRule: isDocumented && receiver.party == .platform ? .waitingPhysicalCardsRequest : nil
        ).open()
    }

    /// The key that the request names, and why its credential may not use it.
    private func keyName(
        _ endpoint: Endpoint,
        _ keyring: CryptoKeyring
    ) -> (name: ContentExamination.KeyName, faults: [Fault]) {
        var id: CryptoKeyID?
        do {
            id = try request.headers.optional(CryptoKeyID.self)
        } catch {
            return (.malformed, [])
        }
        if id == nil, receiver.party == .serviceProvider {
            do {
                id = try keyring.callbackKeyID(isRequired: endpoint.request.protection != .none)
            } catch let error as KMError {
                return (.none, [Fault(error.code, error.detail, .keyAmbiguous)])
            } catch {}
        }
        guard let id else { return (.none, []) }
        // Without a verified token, any of the caller's credentials may be the one that was meant.
        let allowing = credential.map { [$0] } ?? candidates
        guard !allowing.isEmpty, !allowing.contains(where: { $0.cryptoKeyIDs.contains(id) }) else {
            return (.id(id), [])
        }
        return (.id(id), [notAllowed(id, keyring, allowing)])
    }

    private func notAllowed(_ id: CryptoKeyID, _ keyring: CryptoKeyring, _ credentials: [Credential]) -> Fault {
        for case .only(let ids) in credentials.map(\.cryptoKeyIDs) {
            guard let own = ids.first(where: { $0.text.lowercased() == id.text.lowercased() }) else { continue }
            return Fault(
                .keyUnknown,
                "a key id that the caller has in other letters",
                .keyIDCase,
                at: Judgment.Difference(
                    place: "X-KM-Crypto-Key-Id",
                    expected: Array(own.text.utf8),
                    found: Array(id.text.utf8),
                    showsLetters: true
                )
            )
        }
        guard (try? keyring.key(id)) != nil else {
            return Fault(.keyUnknown, "a key id that neither the caller nor the receiver's keyring has", .keyIDUnknown)
        }
        return Fault(
            .keyUnknown,
            "the key \(id.masked), which is not among the keys of the caller's credential",
            .keyOfOther
        )
    }
}
