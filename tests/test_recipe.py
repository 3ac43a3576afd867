"""Recipes: strict, composed, and clear about what is wrong."""

import pytest

from semdnn.recipe import Recipe, RecipeError, load_recipe, shipped_recipes


@pytest.fixture
def write(tmp_path):
    def written(text):
        path = tmp_path / "recipe.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_shipped_recipe_is_valid(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    for row in recipe.rows():
        untrained = row.name.endswith("notrain")
        assert (recipe.training_of(row).max_epochs == 0) == untrained


def test_the_recipes_of_the_readme_ship():
    assert {"quick", "library", "family"} <= set(shipped_recipes())


def test_a_missing_recipe_lists_the_known_ones():
    with pytest.raises(RecipeError, match=r"no such recipe.*library.*quick"):
        load_recipe("nonsense")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "not valid TOML"),
        ("seed = 1", "key 'name' is missing$"),
        ('nmae = "x"', r"unknown key 'nmae' \(known here: .*name.*\); key 'name' is missing$"),
        ('name = "a"\n[training]\nlearning_rate = nan', r"'training\.learning_rate': a finite num"),
        ('name = "a"\n[split]\ntest = -inf\nx = 1', r"'split\.x'.*'split\.test': a finite .*-inf$"),
        ("name = nan", "'name': a finite number is needed, got nan$"),
        ('name = "a"\nseed = 2020-01-01', "key 'seed': no setting is a date or a time"),
        (
            'name = "a"\n[[models]]\nkind = "cae"\n[models.training]\nlearning_rate = inf',
            r"'models\.0\.training\.learning_rate': a finite number",
        ),
        (
            'seed = "x"\n[split]\nby = 3\n[balance]\nshre = 1',
            r"'balance\.shre' .*; key 'name' is missing; key 'seed': .*; key 'split\.by'",
        ),
        ('name = "a"\nsped = 1', r"unknown key 'sped' \(known here: .*seed"),
        ('name = "a"\n[split]\nvalidaton = 0.1', "unknown key 'split.validaton'.*validation"),
        ('name = "a"\n[split]\nvalidation = 2.0', "key 'split.validation'"),
        ('name = "a"\nseed = "x"', "key 'seed'.*'x'"),
        ('name = "a"\n[[models]]\nkind = "dnn"', "models.0.kind"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(write, text, message):
    with pytest.raises(RecipeError, match=message) as caught:
        load_recipe(write(text))
    assert "\n" not in str(caught.value)


def test_a_models_row_overrides_the_shared_training_settings(write):
    recipe = load_recipe(
        write(
            'name = "a"\n[training]\nseed = 1\n[[models]]\nkind = "catdnn"\ntraining = {seed = 2}'
        )
    )
    assert recipe.training.seed == 1
    assert recipe.training_of(recipe.models[0]).seed == 2


def test_an_unknown_override_is_refused(write):
    recipe = load_recipe(write('name = "a"\n[[models]]\nkind = "semdnn"\ntraining = {sed = 2}'))
    with pytest.raises(RecipeError, match="sed"):
        recipe.training_of(recipe.models[0])


def test_overrides_list_the_keys_of_training(write):
    recipe = load_recipe(write('name = "a"\n[[models]]\nkind = "semdnn"\ntraining = {sed = 2}'))
    with pytest.raises(RecipeError, match=r"unknown key 'sed' \(known here: .*max_epochs"):
        recipe.training_of(recipe.models[0])


def test_of_many_faults_five_are_told(write):
    text = 'name = "a"\n' + "".join(f"unknown_{i} = {i}\n" for i in range(8))
    with pytest.raises(RecipeError, match=r"'unknown_4' .*; and 3 more$") as caught:
        load_recipe(write(text))
    assert "unknown_5" not in str(caught.value)


def test_a_recipe_is_immutable():
    recipe = Recipe(name="a")
    with pytest.raises(ValueError, match="frozen"):
        recipe.seed = 3
