import Foundation
import Testing

extension ToolTests {
    /// `kmsec keyring inventory` lists the facts of a keyring file, and finds what needs attention.
    @Suite struct InventoryTests {
        /// The parts of the JSON form that the tests compare.
        private struct Inventory: Decodable {
            struct Key: Decodable {
                let id, state: String
                let isPrimary, isForCallbacks: Bool
                let ageDays: Int
                let certificate: PeerCertificate?
                let privateKey: OwnPrivateKey
            }

            struct PeerCertificate: Decodable {
                let sha256, serialNumber, notBefore, notAfter: String
                let publicKeyBits, daysUntilExpiry: Int
            }

            struct OwnPrivateKey: Decodable {
                let location: String
                let bits: Int?
            }

            struct Finding: Decodable {
                let level, code: String
                let key: String?
            }

            struct Protection: Decodable {
                let scryptN, scryptR, scryptP, custodians: Int
            }

            let role: String
            let generation: Int
            let keys: [Key]
            let protection: Protection
            let findings: [Finding]
        }

        private let keys: TemporaryFolder
        private let id = KeyringFolder.id("a")

        init() throws {
            keys = try #require(KeyFolder.current)
        }

        @Test func factsAreThoseOfTheFile() async throws {
            let ring = try await KeyringFolder("provider")
            let certificate = keys.path("key.cert.pem")
            try await add(ring, ["--certificate", certificate, "--private-key", keys.path("key.private.pem")])
            try await ring.force("promote", [id])
            let inventory = try await self.inventory(ring).inventory
            #expect(inventory.role == "provider")
            #expect(inventory.generation == 3)
            let protection = inventory.protection
            let cost = [protection.scryptN, protection.scryptR, protection.scryptP]
            #expect(cost == [1024, 8, 1])
            #expect(protection.custodians == 1)
            let key = try #require(inventory.keys.first)
            #expect(key.id == id)
            #expect(key.state == "active")
            #expect(key.isPrimary)
            #expect(key.isForCallbacks)
            #expect(key.ageDays == 0)
            #expect(key.privateKey.location == "sealed")
            #expect(key.privateKey.bits == 2048)
            let read = try #require(key.certificate)
            #expect(read.publicKeyBits == 2048)
            #expect(read.daysUntilExpiry == 29)
            let facts = try await #require(Programs.openssl).output(
                of: [
                    "x509", "-in", certificate, "-noout", "-serial", "-fingerprint", "-sha256", "-dates", "-dateopt",
                    "iso_8601",
                ]
            )
            let values = String(decoding: facts, as: UTF8.self).split(separator: "\n").map { line in
                line.drop { $0 != "=" }.dropFirst().replacing(":", with: "").replacing(" ", with: "T").lowercased()
            }
            let dates = [read.notBefore, read.notAfter].map { $0.replacing(":", with: "").lowercased() }
            let expected = [read.serialNumber, read.sha256] + dates
            #expect(values == expected)
        }

        @Test func soundFileHasNoFindings() async throws {
            let ring = try await KeyringFolder("platform", [])
            let pair = try await ring.pair(id)
            try await add(ring, ["--certificate", pair.certificate, "--private-key", pair.key])
            try await ring.force("promote", [id])
            let (inventory, status) = try await self.inventory(ring)
            #expect(inventory.findings.isEmpty)
            #expect(inventory.protection.scryptN == 131_072)
            #expect(status == 0)
            let page = try await ring.run("inventory")
            #expect(page.status == 0)
            #expect(page.outputText.contains("\nFindings: 0 alarms, 0 notes\n  none\n"))
            for line in page.outputText.split(separator: "\n") { #expect(line.count <= 96, "\(line)") }
        }

        @Test func notesLeaveTheExitStatus() async throws {
            let ring = try await KeyringFolder("provider", [])
            try FileManager.default.copyItem(
                atPath: keys.path("key.private.pem"),
                toPath: ring.folder.path("own.pem")
            )
            try await add(ring, ["--private-key-reference", "own.pem"])
            let (inventory, status) = try await self.inventory(ring)
            #expect(inventory.findings.map(\.level) == ["note", "note"])
            #expect(inventory.findings.map(\.code) == ["privateKeyUnencrypted", "rsaKeySmall"])
            #expect(inventory.keys.first?.privateKey.location == "file")
            #expect(inventory.keys.first?.certificate == nil)
            #expect(status == 0)
            try FileManager.default.removeItem(atPath: ring.folder.path("own.pem"))
            try await expect(ring, ["privateKeyUnreadable"])
        }

        @Test func certificatesOutsideTheirValidityAreAlarms() async throws {
            let ring = try await KeyringFolder("provider")
            try await add(ring, ["--certificate", keys.path("expired.cert.pem")])
            try await expect(ring, ["certificateExpired"])
            try await add(ring, ["--certificate", keys.path("future.cert.pem")], KeyringFolder.id("b"))
            try await expect(ring, ["certificateExpired", "certificateNotYetValid"])
            try await expect(ring, ["certificateExpired"], ["--at", "2090-06-01T00:00:00Z", "--period", "36500"])
            // The state of the key decides whether its certificate matters.
            try await ring.force("discard", [id])
            try await expect(ring, [], ["--at", "2090-06-01T00:00:00Z", "--period", "36500"])
        }

        /// The key's certificate is valid for 30 days.
        @Test func certificatesThatExpireSoonAreAlarms() async throws {
            let ring = try await KeyringFolder("provider")
            try await add(ring, ["--certificate", keys.path("key.cert.pem")])
            try await expect(ring, [], ["--within", "28"])
            try await expect(ring, ["certificateExpiresSoon"])
            try await expect(ring, [], ["--within", "7", "--at", Self.time(inDays: 22)])
            try await expect(ring, ["certificateExpiresSoon"], ["--within", "7", "--at", Self.time(inDays: 24)])
            try await expect(ring, ["certificateExpired"], ["--at", Self.time(inDays: 31)])
        }

        @Test func activeKeysPastTheirPeriodAreAlarms() async throws {
            let ring = try await KeyringFolder("platform")
            let pair = try await ring.pair(id)
            try await add(ring, ["--private-key", pair.key, "--issued-at", "2025-01-01T00:00:00Z"])
            // Before it is active, the time in the state counts, and that is a note.
            try await expect(ring, [], ["--at", Self.time(inDays: 800)])
            try await ring.force("promote", [id])
            try await expect(ring, [], ["--at", "2026-12-31T23:59:59Z"])
            try await expect(ring, ["cryptoPeriodEnded"], ["--at", "2027-01-01T00:00:00Z"])
            try await expect(ring, [], ["--at", "2027-01-01T00:00:00Z", "--period", "731"])
        }

        @Test func keysThatStayInAStateAreNotes() async throws {
            let ring = try await KeyringFolder("platform")
            let pair = try await ring.pair(id)
            try await add(ring, ["--private-key", pair.key])
            for (days, codes) in [(729, []), (731, ["stateTooLong"])] {
                let (inventory, _) = try await self.inventory(ring, ["--at", Self.time(inDays: days)])
                let notes = inventory.findings.filter { $0.level == "note" }
                #expect(notes.map(\.code) == codes)
                #expect(notes.allSatisfy { $0.key == id })
            }
            try await expect(ring, [], ["--at", Self.time(inDays: 731)])
        }

        @Test func compromisedKeysAreAlarmsUntilTheyAreErased() async throws {
            let ring = try await KeyringFolder("platform")
            try await add(ring, ["--private-key", keys.path("key.private.pem")])
            try await ring.change("compromise", [id])
            try await expect(ring, ["compromisedNotErased"])
            try await ring.force("discard", [id])
            try await expect(ring, [])
        }

        @Test func cheapPassphraseDerivationIsAnAlarm() async throws {
            let (inventory, status) = try await self.inventory(KeyringFolder("provider"))
            #expect(inventory.findings.map(\.code) == ["scryptCostLow"])
            #expect(inventory.findings.first?.level == "alarm")
            #expect(status == 1)
        }

        @Test(arguments: [
            ["--within", "-1"], ["--within", "36501"], ["--period", "0"], ["--at", "2027"], ["--format", "xml"],
        ])
        func usageErrorsHaveStatus64(_ options: [String]) async throws {
            let ring = try await KeyringFolder("provider")
            #expect(try await ring.run("inventory", options).status == 64)
        }

        private func add(_ ring: KeyringFolder, _ options: [String], _ id: String? = nil) async throws {
            try await ring.change("add", ["--id", id ?? self.id] + options)
        }

        /// Expects exactly the alarms with these codes, besides that of a cheap passphrase derivation.
        private func expect(_ ring: KeyringFolder, _ codes: [String], _ options: [String] = []) async throws {
            let (inventory, status) = try await self.inventory(ring, options)
            let alarms = inventory.findings.filter { $0.level == "alarm" }.map(\.code)
            #expect(alarms.filter { $0 != "scryptCostLow" } == codes, "\(options)")
            #expect(status == (alarms.isEmpty ? 0 : 1), "\(options)")
        }

        private func inventory(
            _ ring: KeyringFolder,
            _ options: [String] = []
        ) async throws -> (inventory: Inventory, status: Int32) {
            let outcome = try await ring.run("inventory", ["--format", "json"] + options)
            try #require(!outcome.output.isEmpty, "\(outcome.errorText)")
            return (try JSONDecoder().decode(Inventory.self, from: Data(outcome.output)), outcome.status)
        }

        private static func time(inDays days: Int) -> String {
            Date.now.addingTimeInterval(Double(days) * 86_400).formatted(.iso8601)
        }
    }
}
