import KMPrimitives
import KMTestSupport
import Testing

/// The steps of RSAES-OAEP for keys in an HSM.
@Suite("RSAES-OAEP for keys elsewhere") struct ExternalRSATests {
    private func unpad(_ block: [UInt8], byteCount: Int) throws -> [UInt8] {
        let memory = try SecretBytes(copying: block)
        return try ExternalRSA.unpad(memory, count: block.count, byteCount: byteCount, hash: .sha256).exposed
    }

    @Test("Right blocks of each size of modulus and key", arguments: [256, 257, 384, 512, 1024], [1, 16, 32, 64])
    func right(size: Int, byteCount: Int) throws {
        let message = try SecureRandom.bytes(byteCount)
        let block = try OAEPBlock(message, byteCount: size).masked()
        #expect(try unpad(block, byteCount: byteCount) == message)
        for other in [byteCount - 1, byteCount + 1] where other > 4 {
            #expect(try unpad(block, byteCount: other) != unpad(block, byteCount: other))
        }
    }

    @Test("A fault in any byte but the seed and the message gives a random key") func everyByte() throws {
        let message = try SecureRandom.bytes(32)
        let right = try OAEPBlock(message, byteCount: 256)
        for place in 0..<right.data.count - message.count {
            for bit in [0x01, 0x02, 0x80] as [UInt8] {
                var block = right
                block.data[place] ^= bit
                let masked = try block.masked()
                #expect(try unpad(masked, byteCount: 32) != unpad(masked, byteCount: 32), "byte \(place)")
            }
        }
        for byte in 1...UInt8.max {
            var block = right
            block.firstByte = byte
            let masked = try block.masked()
            #expect(try unpad(masked, byteCount: 32) != unpad(masked, byteCount: 32), "first byte \(byte)")
        }
    }

    @Test("A block that has no room for the key is an error") func room() throws {
        let block = try SecureRandom.bytes(66 + 31)
        #expect(rejection { try unpad(block, byteCount: 32) } == .cryptographyUnavailable)
        let message = try SecureRandom.bytes(31)
        #expect(try unpad(OAEPBlock(message, byteCount: 66 + 31).masked(), byteCount: 31) == message)
    }

    @Test("A faulty ciphertext has its fault, and no other", arguments: OAEPFault.allCases)
    func faults(_ fault: OAEPFault) throws {
        let pair = try TestKeys.first()
        let openssl = try OpenSSLCommand()
        defer { openssl.cleanUp() }
        try openssl.write(pair.insecurePKCS8DER().exposed, to: "key.der")
        for byteCount in [0, 16, 32, 190] {
            let (message, ciphertext) = try pair.publicKey.oaepChallenge(.sha256, fault: fault, byteCount: byteCount)
            try openssl.write(ciphertext, to: "in")
            let raw = try openssl(
                "pkeyutl -decrypt -inkey key.der -keyform DER -in in -pkeyopt rsa_padding_mode:none"
            )
            let block = try OAEPBlock(parsing: raw)
            var expected = try OAEPBlock(message.exposed, byteCount: 256)
            let separator = expected.data.count - byteCount - 1
            switch fault {
            case .firstByte: expected.firstByte = 1
            case .label: expected.data.replaceSubrange(0..<32, with: try SHA256.digest([UInt8(ascii: "x")]))
            case .otherSeparator: expected.data[separator] = 2
            case .noSeparator:
                for place in separator..<expected.data.count { expected.data[place] = 0 }
            }
            #expect(block.firstByte == expected.firstByte)
            #expect(block.data == expected.data)
            #expect(rejection { try pair.decryptOAEP(ciphertext) } == .authenticationFailed)
        }
    }
}
