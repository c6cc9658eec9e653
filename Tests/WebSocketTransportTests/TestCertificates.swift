/// Certificates for tests, of an authority that nobody trusts. They are valid from 2020 to 2120.
enum TestCertificates {
    /// The authority that signed the others.
    static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBVTCB+6ADAgECAgEBMAoGCCqGSM49BAMCMBkxFzAVBgNVBAMMDlRlc3QgYXV0
        aG9yaXR5MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAZMRcwFQYD
        VQQDDA5UZXN0IGF1dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMBB
        YxiW8FEmxdwoK3NOSIQQz2t9xG5/cpaM7KVfU9F/Yb3B8sZko7tisY3g4neY/bhX
        ydk/JbhVBnWxnntJeKKjMjAwMA8GA1UdEwEB/wQFMAMBAf8wHQYDVR0OBBYEFEhM
        IW5CY3Qz7yIKaOBXmIJ8UYwNMAoGCCqGSM49BAMCA0kAMEYCIQD4VJIIC2O1NWOX
        K9vjbsK5Cy5aePDSBaRzq9WuEml5TwIhALE1rvkcPUMS4vKN0br5Y1YZ30tynQE8
        OSCCiJvFDEQq
        -----END CERTIFICATE-----

        """

    /// For `localhost` and 127.0.0.1.
    static let localhost = """
        -----BEGIN CERTIFICATE-----
        MIIBfjCCASSgAwIBAgIBAjAKBggqhkjOPQQDAjAZMRcwFQYDVQQDDA5UZXN0IGF1
        dGhvcml0eTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFjEUMBIG
        A1UEAwwLVGVzdCBzZXJ2ZXIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATZEV3E
        AsRFyJh2zLe40moKT6SytNBM6reAzA1k9syP0A3/JEJa9OFEm6Sm25Jslc9gk2F3
        eUdqTnn6EJZdIlIRo14wXDAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwHQYD
        VR0OBBYEFNuA+H7aGvAcsPme9pERq/JLRPKWMB8GA1UdIwQYMBaAFEhMIW5CY3Qz
        7yIKaOBXmIJ8UYwNMAoGCCqGSM49BAMCA0gAMEUCIDsWIY0FgyM9W+A40Cgz1fBP
        208BQYDC2FWUkuzSihGOAiEArJT5OilCrJevszMFd6mWROFPe0VQPorFwhE/fs47
        /OY=
        -----END CERTIFICATE-----

        """

    /// For `other.example`.
    static let other = """
        -----BEGIN CERTIFICATE-----
        MIIBfDCCASKgAwIBAgIBAzAKBggqhkjOPQQDAjAZMRcwFQYDVQQDDA5UZXN0IGF1
        dGhvcml0eTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFjEUMBIG
        A1UEAwwLVGVzdCBzZXJ2ZXIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATZEV3E
        AsRFyJh2zLe40moKT6SytNBM6reAzA1k9syP0A3/JEJa9OFEm6Sm25Jslc9gk2F3
        eUdqTnn6EJZdIlIRo1wwWjAYBgNVHREEETAPgg1vdGhlci5leGFtcGxlMB0GA1Ud
        DgQWBBTbgPh+2hrwHLD5nvaREavyS0TyljAfBgNVHSMEGDAWgBRITCFuQmN0M+8i
        CmjgV5iCfFGMDTAKBggqhkjOPQQDAgNIADBFAiA3eZ0Vb8Tm/gHos59ojTDa12NS
        aqQYEPHc7iBRMP3TtgIhAP5argJ7EPv07bzh9XILKG725Nfc6qwoF5E92v7IbvwN
        -----END CERTIFICATE-----

        """

    /// For `localhost`, until 2020-01-02.
    static let expired = """
        -----BEGIN CERTIFICATE-----
        MIIBfDCCASKgAwIBAgIBBDAKBggqhkjOPQQDAjAZMRcwFQYDVQQDDA5UZXN0IGF1
        dGhvcml0eTAeFw0yMDAxMDEwMDAwMDBaFw0yMDAxMDIwMDAwMDBaMBYxFDASBgNV
        BAMMC1Rlc3Qgc2VydmVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2RFdxALE
        RciYdsy3uNJqCk+ksrTQTOq3gMwNZPbMj9AN/yRCWvThRJukptuSbJXPYJNhd3lH
        ak55+hCWXSJSEaNeMFwwGgYDVR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMB0GA1Ud
        DgQWBBTbgPh+2hrwHLD5nvaREavyS0TyljAfBgNVHSMEGDAWgBRITCFuQmN0M+8i
        CmjgV5iCfFGMDTAKBggqhkjOPQQDAgNIADBFAiEAh5PWtZLfeyqnAG3TatdlhkrG
        2qr5Nkd3PaHUQg5xU/4CIFIUfWL6Q+o+l6ss42GjH+yotpCgY7ARk7hJ6RhnPVfs
        -----END CERTIFICATE-----

        """

    /// The private key of all three servers; it protects nothing.
    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKESWhY4eXDe9wlNo
        vjefQwsvT77lF0KE8VAqOmud7KChRANCAATZEV3EAsRFyJh2zLe40moKT6SytNBM
        6reAzA1k9syP0A3/JEJa9OFEm6Sm25Jslc9gk2F3eUdqTnn6EJZdIlIR
        -----END PRIVATE KEY-----

        """
}
