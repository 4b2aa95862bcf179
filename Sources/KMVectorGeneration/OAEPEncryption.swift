internal import KMPrimitives

/// RSAES-OAEP encryption with a given seed (RFC 8017 section 7.1.1).
///
/// This code exists for test vectors and hostile messages only: OpenSSL generates the seed itself and does not accept one,
/// and the package does not encrypt with SHA-1.
package enum OAEPEncryption {
    /// The hash of OAEP and of MGF1.
    package struct Hash: Sendable {
        let byteCount: Int
        let digest: @Sendable ([UInt8]) throws -> [UInt8]

        /// SHA-256, as in RSA-OAEP-256.
        package static let sha256 = Hash(byteCount: 32) { try SHA256.digest($0) }
        /// SHA-1, as in RSA-OAEP.
        package static let insecureSHA1 = Hash(byteCount: 20) { SHA1.digest($0) }
    }

    /// Encrypts a message to a key, with the seed from `seeded`.
    ///
    /// Another `label`, or a first byte of the encoded message that is not 0, makes the ciphertext invalid.
    package static func encrypt(
        _ message: [UInt8],
        to key: some RSARecipient,
        _ seeded: SeededBytes,
        label: [UInt8] = [],
        firstByte: UInt8 = 0,
        hash: Hash = .sha256
    ) throws -> [UInt8] {
        let exponentiation = try key.exponentiation()
        let seed = try seeded.bytes(hash.byteCount, "seed of OAEP")
        var encoded = try encode(message, seed: seed, byteCount: exponentiation.byteCount, label: label, hash)
        encoded[0] = firstByte
        return exponentiation.power(encoded)
    }

    /// Returns the encoded message EM, which has `byteCount` bytes.
    private static func encode(
        _ message: [UInt8],
        seed: [UInt8],
        byteCount: Int,
        label: [UInt8],
        _ hash: Hash
    ) throws -> [UInt8] {
        let hashCount = hash.byteCount
        let padding = [UInt8](repeating: 0, count: byteCount - message.count - 2 * hashCount - 2)
        let dataBlock = try hash.digest(label) + padding + [1] + message
        let maskedDataBlock = try xor(dataBlock, mask(seed, byteCount - hashCount - 1, hash))
        let maskedSeed = try xor(seed, mask(maskedDataBlock, hashCount, hash))
        return [0] + maskedSeed + maskedDataBlock
    }

    /// Returns `count` bytes of MGF1 (RFC 8017 appendix B.2.1).
    private static func mask(_ seed: [UInt8], _ count: Int, _ hash: Hash) throws -> [UInt8] {
        var mask: [UInt8] = []
        var counter: UInt8 = 0
        // One byte of the counter is enough: 256 blocks of 20 bytes exceed the size of the largest key.
        while mask.count < count {
            mask += try hash.digest(seed + [0, 0, 0, counter])
            counter += 1
        }
        return Array(mask.prefix(count))
    }

    private static func xor(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        zip(left, right).map { $0 ^ $1 }
    }
}

/// Schoolbook modular exponentiation with the exponent 65537 (RFC 8017 section 5.1.1, RSAEP).
///
/// Use it for test vectors only: it is slow, and its running time depends on the numbers. A number is an array of
/// 32-bit limbs, the lowest first, with one limb more than the modulus needs.
package struct PublicExponentiation: Sendable {
    private let modulus: [UInt32]
    /// The number of bytes in the modulus.
    package let byteCount: Int

    /// Creates the exponentiation for a big-endian modulus.
    ///
    /// The highest bit of the modulus must be set and its size must be a multiple of 32 bits, as in RSA keys of 2048,
    /// 3072 or 4096 bits.
    package init(modulus: [UInt8]) {
        byteCount = modulus.count
        self.modulus = Self.limbs(modulus)
    }

    /// Returns `base` to the power of 65537 modulo the modulus.
    ///
    /// Base and result are big-endian and have as many bytes as the modulus.
    package func power(_ base: [UInt8]) -> [UInt8] {
        let base = Self.limbs(base)
        var power = base
        for _ in 0..<16 { power = product(power, power) }
        return Self.bytes(product(power, base))
    }

    /// Returns the product of two numbers below the modulus, modulo the modulus.
    ///
    /// It processes the limbs of `right` one by one, the highest first.
    private func product(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        var result = [UInt32](repeating: 0, count: modulus.count)
        for limb in right.dropLast().reversed() {
            // Multiply by 2^32: shift by one limb. The top limb is 0, since the result is below the modulus.
            result = [0] + result.dropLast()
            reduce(&result)
            add(left, times: limb, to: &result)
            reduce(&result)
        }
        return result
    }

    /// Adds `number` times `factor` to `result`.
    ///
    /// Both numbers are below the modulus, so the sum is below 2^32 times the modulus and fits into the extra limb.
    private func add(_ number: [UInt32], times factor: UInt32, to result: inout [UInt32]) {
        var carry: UInt64 = 0
        for index in result.indices {
            carry += UInt64(number[index]) * UInt64(factor) + UInt64(result[index])
            result[index] = UInt32(truncatingIfNeeded: carry)
            carry >>= 32
        }
    }

    /// Subtracts multiples of the modulus, never larger than the number, until the number is below the modulus.
    private func reduce(_ number: inout [UInt32]) {
        let top = number.count - 1
        while !isBelowModulus(number) {
            let high = UInt64(number[top]) << 32 | UInt64(number[top - 1])
            // The quotient is rounded down, with the modulus rounded up. It is below 2^32, since the number is below
            // 2^32 times the modulus.
            let quotient = max(1, high / (UInt64(modulus[top - 1]) + 1))
            subtractModulus(times: UInt32(truncatingIfNeeded: quotient), from: &number)
        }
    }

    private func isBelowModulus(_ number: [UInt32]) -> Bool {
        for index in number.indices.reversed() where number[index] != modulus[index] {
            return number[index] < modulus[index]
        }
        return false
    }

    private func subtractModulus(times factor: UInt32, from number: inout [UInt32]) {
        var borrow: Int64 = 0
        var carry: UInt64 = 0
        for index in number.indices {
            carry += UInt64(modulus[index]) * UInt64(factor)
            borrow += Int64(number[index]) - Int64(carry & 0xFFFF_FFFF)
            number[index] = UInt32(truncatingIfNeeded: borrow)
            borrow >>= 32
            carry >>= 32
        }
    }

    private static func limbs(_ bytes: [UInt8]) -> [UInt32] {
        let limbs = stride(from: bytes.count, to: 0, by: -4).map { end in
            bytes[(end - 4)..<end].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        return limbs + [0]
    }

    private static func bytes(_ limbs: [UInt32]) -> [UInt8] {
        limbs.dropLast().reversed().flatMap { limb in
            (0..<4).map { UInt8(truncatingIfNeeded: limb >> (24 - 8 * $0)) }
        }
    }
}
