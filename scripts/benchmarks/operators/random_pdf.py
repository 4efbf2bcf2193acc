from .case import Case


def density(name):
    """Of torch.distributions, with the parameters of each row."""
    return lambda t, x, *params: (
        getattr(t.distributions, name)(*(p[:, None] for p in params), validate_args=False).log_prob(x).exp()
    )


def uniform(t, x, low, high):
    return (1 / (high - low))[:, None].expand_as(x).contiguous()


CASES = [
    Case("_random_pdf_uniform", "positive fractions high", uniform),
    Case("_random_pdf_normal", "x vector other_vector", density("Normal")),
    Case("_random_pdf_exponential", "positive vector", density("Exponential")),
    Case("_random_pdf_gamma", "positive vector other_vector", density("Gamma")),
    Case("_random_pdf_poisson", "counts vector", density("Poisson")),
    Case("_random_pdf_negative_binomial", "counts vector fractions", density("NegativeBinomial")),
    Case("_random_pdf_generalized_negative_binomial", "counts vector fractions"),
    Case(
        "_random_pdf_dirichlet",
        "probabilities vector",
        lambda t, x, a: t.distributions.Dirichlet(a, False).log_prob(x).exp(),
    ),
]
