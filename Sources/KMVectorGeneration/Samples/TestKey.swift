internal import KMPrimitives

/// A 2048-bit RSA key of the generated vectors.
///
/// The keys are those of `message-decrypt.json`. They are published test keys and protect nothing.
struct TestKey: RSARecipient {
    let id: String
    let state: String
    /// The private key, PKCS#8 in PEM.
    let privateKey: String

    /// Returns the public key, SPKI in PEM.
    func publicKey() throws -> String {
        String(decoding: try parsed().publicKey.pemRepresentation(), as: UTF8.self)
    }

    /// Returns the RSAEP operation of the public key.
    func exponentiation() throws -> PublicExponentiation {
        PublicExponentiation(modulus: try parsed().publicKey.modulus())
    }

    private func parsed() throws -> RSAPrivateKey {
        try RSAPrivateKey(parsing: Array(privateKey.utf8))
    }

    static let active = TestKey(
        id: "0b6d5b9d6d5f4c3e8a7f1e2d3c4b5a69",
        state: "active",
        privateKey: """
            -----BEGIN PRIVATE KEY-----
            MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDkEB6XrDabgSHk
            /dXoc6jowJ8z9P0/q8Qv8HVxtA7r3s5cQohOAv5l2N7pmWOIUMxOJwaYge/gAcIu
            lruagorBjMMF9SBeW4lAK6fAE/aIpTakB4of0WexRhJIE/Z12A+wjNGhUTxIpcx/
            wSij1CJenD4VSmeXXn+jwDHZgNkGGpy8VnaiJAlpmYlIHFFabPPVg+ddm6JO6Dni
            PWbPpmZYHZAfl0y/X//kmW+FM3Az8UUbBpnoxvSh0nAi9kIDcaJ4ZHs7ccRzcnSG
            bonFoQ+K9FB8TcFARGMkPQY+IlqQodAzVUb7l3ZDZkHJUM/603UZtyi74DvkaVlU
            Ra+cqEl/AgMBAAECggEBAM93In1TejGoHQ9VIpxdatChObJoMWEUflol4pDW/aPw
            gcVH+PsOmiJIUTAsC3FcHx8RPVzLB02+C8mZ8XuzOUqtJFRtE08C8i5gCDAheOoB
            cV1yRmJ/ela3qbXMAy5cqJkw4Rpg7fgga5HkQ3YValaqx4dSsj3vByoNksuL/OEg
            6J05JleHtcVmx2LSm0Gm9WETFGsJTdQDKtYZBz4T+lHPnS14bgV0tZjWZqLUs8Bd
            PesdRmcUJWVMUrHSxDynHa8IFXDw5rDTOxNBDT1AGkCAnrQ54KOLrQIJS7NgY7IH
            vYgQnTUUIiAD72l5+8P8IHsDeq0HPGthbiDNdPbSMKECgYEA+Ixlj0ewZo5O0Xid
            BLWBpQpThUPS1CMsqK5ooznOlCwVOsPg+VyeYo5FVK9Qwx1U6Mg3E61jqsHmEGko
            RRd7HKG3GO66KIqmfp+plIEiONVlsxChA0BmOhJYM8FbRWXCTTGXxxuCnb8xXlmK
            WNZjngOq1czWgwCh2bKgXTTJ3HkCgYEA6uZ/VEN4T6AcCe5JCj2YjJ5f8h8EBBbc
            CxzIDnw2EGkELC7Dpd2R/4agpLgjsYYUMk81BzJVbx+Py5LKp9NccaFfXCELtFOF
            L+uCaE+uDJRGWahWhf/iNir4MqliJttiiEWnUd7j+Y3KYeOWUNBt7oAwAit/eYzw
            HzivViYfZ7cCgYB4YpBCcOe5FM6KWRA8mql7xd+kWbCBPbRA05EtFi+/xwZVW1DZ
            lwnEFMLx/KRyjP92bJt4tW/j4lzLsBNoO7JOsOldcyvJvTZdeHoLyuxHeNz0eWZz
            i7q3//CmyM2rdFlDSHUKZIHEZDnGSDphQx4nCAGz4q4375N1PTa9TndDiQKBgB43
            E/3Ux+8GG1Uzr3V/wtWjsZfFYZDdF+TeCOXEGHg36e98/HGjdJo3yQYnIYA+TO7D
            vYB1ewPWPXrkIOlBiMydA1Uocwb5D1LAqn+ccDjyAbKasrZ92a06Db8GhreU1LHO
            s90WHKEHGhdJXRZ8GQfquUIuMjGCbYi2k+cy9Cs1AoGAPjzFpIbIQo0N5GKAhlD9
            xbDf5I9gPniNEqR3E/iRn+ZxO1SGNtkJr34vx6NCgHxxPbI6qo0TKzTpNBsgFRAY
            Q2wV9Cca8QCp2m9N/tH8vlAYPpgHAoVjkVfhovPExvgjxvQapDWLyRZvidFvW+V2
            a9oH+ZFVK/e2NA5IIWhYGow=
            -----END PRIVATE KEY-----

            """
    )

    static let inactive = TestKey(
        id: "f3a1c5e79b2d4f60813a5c7e9b1d3f52",
        state: "inactive",
        privateKey: """
            -----BEGIN PRIVATE KEY-----
            MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC2uyKf8dA0NB9i
            5OgSXjH9HB2EgRPbk5HFrRKezN+72WGOwi6SgTyudSNduODYVAIf1rrnbN8c2BSe
            mtMi2XYGD3uxkCEWQgfACihKU7Q5WduIjnS1Yj84tF4dg6uoqySN1aNYZpOIt6cy
            uKlCaImodfEGLaOmmcW3nI+kaQR7iPVTgGhu2iywsHvMoTdNK/iaNXwAMF+gaRND
            1juzHjCn7jRhPfQCYaNQime0NmznDWjwuZLZGswfpoRXL67t6cVN9xsU7+fdWT55
            Hqo7mhFw4kARqQsQMyt4ofVO2QMBn/2oClxrM+yifsvKPBEYc3jB7ftLuHRiqaa5
            VbFYr3cDAgMBAAECggEBAJjSZSDTQceHGADDZHuIH9KJYv5gXVU0U6O5HWuF+E/I
            e9jC+eQ5BaD6AnvtlM4XZDdwhJvr56Td6lDDN3Vb3WMwK8jSu3k7+/NWC2AuJPoZ
            9op8aYsRAcLQxi1042mKyGV+mL/j+dtLjR/UZGpPt2EWUl9SaB17WWo4G8Hqun79
            IC2282SrdLuec3/kNsAZFw4xKe5/9mx5KcdPlCLKpeLE1980ltCUz3NkFbSrQuGq
            L3glMNOZxsi6eGu+zrdpncMwxp+19Hb3CGinaBgLkTVPcNE9ybRP6RWl1hFiDZR2
            ps/ycZ960CBXHNIbig9gBrOHR5WUQs+JtB7P8lawsJECgYEA1NOlaBY5YVRW4Llf
            oalk1JlhszsZ/Yk969jZCGgZic6xME7g2qvQDas+JGYtr1G7Lc3jVQJWIaLWUsHZ
            fq42tcj32B6oS+GT36gedoOFbYy+qB8T5DUdO5O/2X35L71aJq4MSGTzmNmcGOx/
            sArbc+oIj4qUWeX1YSlWU8GckG0CgYEA28yUg/7rRp1vYnSkJs2Uy26KYRd4KgpR
            GO/FKgPtP5xPgkEuL8LkkrPFFDYkzdoDOc7dQwBCfgeXjTiZaCC40Zno78P+EsOQ
            /KiqaFBAw0+4cC2gZPTqli6EUp2xQ29yj2s9xQZe5ODxbxbA+86h9TB2Mo2kkGUM
            qUnX9VZq3y8CgYBRNV0lJW3JrLPl1fYeqpNV6Bz2lfOp4admCf1ujsJH6j2EMGTu
            K6ccwB3bJ74A6s/gf3JiKp0RAqCDPYKvKuynWsLvjWssYSvaqLzO/gp4rb7GSe1+
            I6I+7HbFF6NwyvDOV5VKPnMQ/N/qRrvGQa5RQZj4pKlM0ElcRLizBuql1QKBgDNA
            xzjoTpCO0ZRRwp1RvuqZAieVw216LmL0NjOP6ti0aE3lSRHWDlqvFLubzIU72xi1
            xh6Dhv3AY3SIyCzhxHcLvqd6OlrBw6NG6UWdwRxKEKYH3ajs+269thlVsCobaMlM
            poC09ZfFZEcVNTcCff2gqU8sfD03cvZew77vwcf9AoGAd/pwqDDgh0LE9E++GiRL
            xCZCGf7u3FF1xPFr4D+19jhm+ElA+SbexKR0jk96ozfkDxbLMsCYq3o2GNm0Wayd
            XyW5lf46A7/XBob0sbxNTafNj6gkCQVBC5rJGD+hNYVkNI+dJj2ZxXIGGQTNeGBV
            Pqzl3t7XEAEq/G+rPeJp3s0=
            -----END PRIVATE KEY-----

            """
    )

    static let discarded = TestKey(
        id: "77777777777777777777777777777777",
        state: "discarded",
        privateKey: """
            -----BEGIN PRIVATE KEY-----
            MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDG9+yruL3Jqzwh
            gOK+V7mwN6/P2wIe/WO4pyddcdF0vwsDSZ3DLI3ccvoFaQI+td3Zp8y4k97oT3ac
            BQpRG3iixz+g8LDTyz4YM7Tk6vHa7tJm9dMH02lQ0HzEyuhRMNsDJh/lQxZvuh7L
            igM7DwVF/zl5YHbhAaWecTWcDW9JHVICnL8I7nx0W6mf0mrcU20EgUZbt25r6MY6
            J1Gyt/X7HdPPRD6BcsqYSFNZGfh0WC9HBIAmPnqbmAJ/JkAc2J0gPI8avMNZvOP4
            K7fsYi1gAnk3UgoIkITC74oxYBoreDm2E7E87SqXkfhhfBdKLMxhf/w2aAFa1FZz
            3DNB4MYvAgMBAAECggEBAMOLO62VFekSgjlHKxD4tIUMZZx5WH9OduguV1DOIJWF
            gHRNsF/19MH4ueIBTvSE1rEn6dppcYSNPDuf9IC75/bKra0lgBPWxoMQpjLo+KM7
            XctUw38IdpO3IzhhVqscwdI5cNVn9q/9knBlhkFPxNYDPOAePxdp//RUvOROi9Wk
            3vIfATdLZKo4PPTY2rWGGQgJVn/v5CPi7amCqLj4V6ZPOYs2vEquxHgeLFjRyE2n
            09EHbK7d4GgtYNTobT4/HQJvdNHoh6slAFvk5jekYzgsc7NoTlIroU8plGpKPRf9
            DN9IaaxCueQr826r3bZIZ+S+pI3rPgYCDaud2wS2xxECgYEAzqW/Vfp35pRMaqnn
            BJdjSDkTKa5NLf1lrxXlpA70xK+H0o7yJOay7OvT9U8hwTvC3XuWyC3dM/ONa7hJ
            6VpViRDqoyerxZTVOb9kp8qlIScTID6GiK5h0Ew5nPyGxZpJt9KbGj/AbVkdG3Dr
            dLdAbpXAQQE7iPpAk1u15CT8ZwcCgYEA9nywkEngiVlNFwsa2p/LUR1opA4elkCL
            qVNexHeg1WpzAEyxSSOYPxp9Iipk1EBy0GsDBIYaomTY/m7n32JOL/WYNBlUFY71
            gadJTWDTK8Ewg/1QZKRQGgHzA45ex6yyfxbQVU9cJczZ5Bhx5uSJio6nOwxpOOLR
            CzLolb9HdZkCgYEAxAy72fYmirtnREqswc5egsajR4f18QvWzKUZmOwXjAJ7+Wdk
            k13LorqZ/MF2ZL0twrLd+kyI8CDAqtHMTXdGbyN9eAzLCkiJgp/x/r5iq3FG0/B9
            8m5+nf+zKRzrP82A4sUMIXsaNKO22bHnsHOqzT+FhiaFNQ829JatmiT80UECgYAQ
            NNCTHBhkT3fPHQ7N8xW2Jp3bs4X1URcdsfqYJllvzsjy6xf4/BslgwNZPLpWbkpe
            Q7r2EC8uID1YNUiPmnITmy0/t66coEKqHKqoKMaZqOEcvIoNo/QUUa59vF2k+Ujf
            LEvUYBxp69cjtSvAB6S3dHuwWTeN4vPlrZo3RlVXeQKBgFitPp/A3bmCyJW/Kc24
            6gXkhWKtfs0+T5B9DngppPv9+aYQqW/1ROqvWZ6iHi0g+inH5mysPSDCnm/XGGT/
            GatNW932z4FsQDjwwadlphdp7r6hwnKacBegQc+QsqD1SvsrMn/IhwhLNZQvmp5u
            pa+Yg3zjrOp9myBh2tAknPyv
            -----END PRIVATE KEY-----

            """
    )

    static let all = [active, inactive, discarded]
}
